"""The numbers that a polynomial network may be evaluated over: float64, or a prime field for exact generic ranks.

Weights drawn at random from a field of p elements give a matrix whose rank never exceeds the generic one and equals
it but for a probability of at most degree / p (Schwartz 1980, Zippel 1979).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from convac.arrays import Shape, fits, given, integer, real
from convac.errors import ArgumentError

MERSENNE = 2**31 - 1  # the default prime: products of two residues fit int64
SMALL, EXACT = 2**23, 128  # primes below the first: sums of as many products of residues are exact in float64


class Field(Protocol):
    """Arithmetic on numpy arrays, elementwise with broadcasting."""

    def read(self, values: Any, name: str, shape: Shape = None) -> np.ndarray:
        """Elements as they are given; raises ArgumentError for anything else, and for another shape."""
        ...

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Independent random elements."""
        ...

    def one_hot(self, local_dimension: int) -> np.ndarray:
        """The representation of the M templates of a site, shape (M, M)."""
        ...

    def multiply(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Entrywise product."""
        ...

    def rescaled(self, values: np.ndarray) -> np.ndarray:
        """All values divided by one factor, which keeps long products of floats in range; residues as they are."""
        ...

    def linear(self, weight: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Map of the last axis: `weight` of shape (…, out, in) on `values` of shape (…, in) gives (…, out)."""
        ...


@dataclass(frozen=True)
class Reals:
    """float64; weights are independent normal numbers of variance 1."""

    def read(self, values: Any, name: str, shape: Shape = None) -> np.ndarray:
        """Real numbers."""
        return real(values, name, shape)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Independent normal numbers."""
        return generator.normal(size=shape)

    def one_hot(self, local_dimension: int) -> np.ndarray:
        """The identity."""
        return np.eye(local_dimension)

    def multiply(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Entrywise product."""
        return np.asarray(first * second)

    def rescaled(self, values: np.ndarray) -> np.ndarray:
        """Divided by the largest magnitude."""
        return values / (np.abs(values).max() or 1.0)

    def linear(self, weight: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Map of the last axis."""
        return applied(weight, values)


@dataclass(frozen=True)
class PrimeField:
    """Integers modulo a prime, as int64 residues from 0 to p − 1.

    Attributes:
        prime: at most 2³¹ − 1, so that a product of residues fits int64.

    Raises:
        ArgumentError: the modulus isn't a prime, or out of range.
    """

    prime: int = MERSENNE

    def __post_init__(self) -> None:
        object.__setattr__(self, "prime", integer(self.prime, "prime", least=2, most=MERSENNE))
        if not is_prime(self.prime):
            raise ArgumentError(f"prime: got {self.prime}; accepted: a prime up to 2^31 - 1")

    def read(self, values: Any, name: str, shape: Shape = None) -> np.ndarray:
        """Residues, integers from 0 to p − 1."""
        array = given(values, name)
        if array.dtype.kind not in "iu" or (shape is not None and not fits(array.shape, shape)):
            wanted = "" if shape is None else f" of shape [{', '.join(map(str, shape))}]"
            raise ArgumentError(f"{name}: {array.dtype} of shape {list(array.shape)}; accepted: integers{wanted}")
        if array.size and not 0 <= array.min() <= array.max() < self.prime:
            raise ArgumentError(f"{name}: accepted: residues from 0 to {self.prime - 1}")
        return np.asarray(array, dtype=np.int64)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Uniform residues."""
        return generator.integers(0, self.prime, size=shape, dtype=np.int64)

    def one_hot(self, local_dimension: int) -> np.ndarray:
        """The identity."""
        return np.eye(local_dimension, dtype=np.int64)

    def multiply(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Entrywise product."""
        return self.reduced(first * second)

    def rescaled(self, values: np.ndarray) -> np.ndarray:
        """As they are."""
        return values

    def linear(self, weight: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Map of the last axis: by BLAS, large primes by halves of 16 bits, so that sums of products are exact."""
        if self.prime < SMALL and weight.shape[-1] <= EXACT:
            return self.reduced(applied(weight.astype(np.float64), values.astype(np.float64)).astype(np.int64))
        (high, low), (top, bottom) = halves(values), halves(weight)
        upper, lower = applied(top, high), applied(bottom, low)
        middle = applied(top, low) + applied(bottom, high)
        carried = (self.reduced(upper.astype(np.int64)) << 16) + middle.astype(np.int64)
        return self.reduced((self.reduced(carried) << 16) + lower.astype(np.int64))

    def reduced(self, numbers: np.ndarray) -> np.ndarray:
        """Residues of numbers from 0 to (p − 1)²; by shifts for the Mersenne prime, where division is slow."""
        if self.prime != MERSENNE:
            return np.asarray(numbers % self.prime)
        folded = numbers & MERSENNE
        folded += numbers >> 31
        folded -= (folded >= MERSENNE) * MERSENNE
        return np.asarray(folded)


@cache
def is_prime(number: int) -> bool:
    """Whether a number from 2 to 2³¹ − 1 is prime: strong probable primes to 2, 3, 5 and 7 are, so far up.

    Source: Jaeschke, Math. Comp. 61, 915 (1993) (the first exception is 3,215,031,751).

    >>> [number for number in range(2, 30) if is_prime(number)], is_prime(2**31 - 1), is_prime(2**31 - 3)
    ([2, 3, 5, 7, 11, 13, 17, 19, 23, 29], True, False)
    """
    bases = (2, 3, 5, 7)
    if number in bases or any(number % base == 0 for base in bases):
        return number in bases
    twos = ((number - 1) & (1 - number)).bit_length() - 1
    odd = (number - 1) >> twos
    return all(
        pow(base, odd, number) == 1 or any(pow(base, odd << place, number) == number - 1 for place in range(twos))
        for base in bases
    )


def halves(residues: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """High and low 16 bits of each residue, as float64."""
    return (residues >> 16).astype(np.float64), (residues & 0xFFFF).astype(np.float64)


def applied(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """float64 map of the last axis; `weight` is one matrix or a stack that broadcasts against `values`."""
    return np.asarray(values @ weight.T if weight.ndim == 2 else np.matmul(weight, values[..., None])[..., 0])


REALS = Reals()
PRIME_FIELD = PrimeField()
