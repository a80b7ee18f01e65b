"""Values of a function with a scale each and what is known of their rounding; linear combinations of its classes."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from convac.arrays import as_integer, given, numbers, short
from convac.entanglement.scales import LOWEST, ROUNDOFF, addition, parts, product, scaled, times_power
from convac.errors import ArgumentError

Output = int | Sequence[float] | np.ndarray
Reading = Callable[[Any, str], np.ndarray]


class Listed(NamedTuple):
    """Values of a function, each in units of its own power of two, so that no scale is out of range.

    Attributes:
        values: shape (n,), float64 or complex128.
        exponents: of two, int64, shape (n,); the function is values · 2^exponents.
        errors: how far rounding may have moved each value, in its units, shape (n,); 0 for a class as it was returned.
    """

    values: np.ndarray
    exponents: np.ndarray
    errors: np.ndarray

    @property
    def exponent(self) -> int:
        """The largest, 0 where all values are zero: unit of `together`."""
        top = int(self.exponents.max())
        return top if top > LOWEST // 2 else 0

    def together(self) -> tuple[np.ndarray, float]:
        """The values in units of the largest power of two, shape (n,), and the Euclidean norm of their errors."""
        with np.errstate(over="ignore"):
            errors = np.ldexp(self.errors, np.clip(self.exponents - self.exponent, -(2**30), 2**30))
            return times_power(self.values, self.exponents - self.exponent), float(np.linalg.norm(errors))


def joined(runs: Sequence[Listed]) -> Listed:
    """Several runs of values as one."""
    values, exponents, errors = zip(*runs, strict=True)
    return Listed(np.concatenate(values), np.concatenate(exponents), np.concatenate(errors))


def combination(table: np.ndarray, output: Output) -> Listed:
    """One class of a table of values, shape (n, classes), or a linear combination of classes.

    Products and sums keep what rounding takes from them (compensated, Ogita, Rump & Oishi, SIAM J. Sci. Comput. 26,
    1955 (2005)): classes that cancel keep the digits that are left.
    """
    chosen, label = coefficients(output, table.shape[1]), as_integer(output)
    if label is not None:
        return Listed(*scaled(table[:, label]), np.zeros(len(table)))
    (values, exponents), (weights, powers) = scaled(table), scaled(chosen)
    units = (exponents + powers).max(axis=1)
    shifts = np.clip(exponents + powers - units[:, None], -(2**30), 0)
    exact = product(*terms(values, weights))
    high, low = (np.ldexp(part, shifts[:, :, None, None]).reshape(len(table), -1, part.shape[-1]) for part in exact)
    total, rest = np.zeros_like(high[:, 0]), low.sum(axis=1)
    for term in range(high.shape[1]):
        total, lost = addition(total, high[:, term])
        rest += lost
    found = np.ascontiguousarray(total + rest)
    errors = ROUNDOFF * np.abs(found).sum(axis=1)
    errors += (2 * ROUNDOFF * (high.shape[1] + 2)) ** 2 * np.abs(high).sum(axis=(1, 2))
    return Listed(found.view(np.complex128 if found.shape[1] == 2 else np.float64)[:, 0], units, errors)


def terms(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real factors whose products add up to values · weights, by class, term and part (real, imaginary).

    They broadcast to (n, classes, terms, parts).
    """
    table, chosen = parts(values), parts(weights)
    if chosen.shape[-1] == 1:
        return table[:, :, None, :], chosen[:, None]
    real, imaginary = chosen[:, 0], chosen[:, 1]
    turned = np.stack([np.stack([real, imaginary], axis=-1), np.stack([-imaginary, real], axis=-1)], axis=1)
    return table[..., None], turned[:, : table.shape[-1]]


def coefficients(output: Output, classes: int, read: Reading = numbers) -> np.ndarray:
    """A class, or a linear combination of classes, as one coefficient per class; `read` says which numbers may be.

    Raises:
        ArgumentError: there is no such class, or the coefficients don't fit.
    """
    label = as_integer(output)
    if label is not None:
        if not 0 <= label < classes:
            raise ArgumentError(f"output: got class {label}; accepted: 0 to {classes - 1}")
        return np.asarray(np.eye(classes)[label])
    if given(output, "output").shape != (classes,):
        wanted = f"a class, 0 to {classes - 1}, or {classes} finite coefficients, one per class"
        raise ArgumentError(f"output: got {short(output)}; accepted: {wanted}")
    return read(output, "output")
