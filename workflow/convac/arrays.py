"""Checks of users' input, wherever it enters: accepted as it is, or refused by name; nothing is coerced first.

numpy would make 1 of True and of 1+1j, 0 of 0.7 as an index and objects of ragged rows. Each function here looks at the
value as it stands and says in one line what is accepted. Torch tensors of any floating type are read without torch
being imported here.
"""

import math
import sys
from collections import UserList, deque
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from convac.errors import ArgumentError

# per axis its length, or a word for any length; no shape: any
Shape = tuple[int | str, ...] | None
LONGEST = 60  # of a value in an error line
UNPRINTED = 10**4300  # the smallest integer that Python doesn't convert to text; nothing that is counted is as large
WIDEST = 2**20  # channels of a level, states of a site, classes: where there is a weight for each
NESTED = (list, tuple, deque, UserList)  # what numpy takes for a row
TEXT = (str, bytes, bytearray, memoryview)  # series of characters or bytes
SITES = 2**22  # of a grid: trees and partitions hold numbers for each, some hundred bytes in all


def real(value: Any, name: str, shape: Shape = None, *, booleans: bool = False) -> np.ndarray:
    """Real numbers as a float64 array: of numpy, of nested lists, or a torch tensor of any floating type, detached.

    Args:
        value: what was given; integers count as numbers and are rounded to float64.
        name: of the argument, for the error.
        shape: length of each axis; a word, e.g. "batch", stands for any length from 1 up.
        booleans: whether True and False count as 1 and 0.

    Returns:
        Float64; a float64 array is returned as it is, not copied.

    Raises:
        ArgumentError: complex numbers, text, objects, booleans, ragged rows, nothing at all, a value that isn't finite,
            or another shape.

    >>> real([[1, 2], [3, 4]], "weights").dtype
    dtype('float64')
    """
    return checked(value, name, shape, "fiu", np.float64, booleans, "real numbers")


def numbers(value: Any, name: str, shape: Shape = None, *, booleans: bool = False) -> np.ndarray:
    """As `real`; complex numbers are accepted, too, and stay complex128."""
    array = given(value, name)
    if array.dtype.kind == "c":
        return checked(array, name, shape, "c", np.complex128, booleans, "numbers")
    return checked(value, name, shape, "fiu", np.float64, booleans, "numbers")


def checked(value: Any, name: str, shape: Shape, kinds: str, dtype: Any, booleans: bool, accepted: str) -> np.ndarray:
    """The value as an array of finite numbers of `dtype`, from arrays of the given kinds alone."""
    array = given(value, name)
    if array.dtype.kind not in kinds and not (booleans and array.dtype.kind == "b"):
        raise ArgumentError(f"{name}: holds {kind(array)}; accepted: {accepted}")
    if not booleans and array.dtype.kind != "b" and has_boolean(value):
        raise ArgumentError(f"{name}: holds booleans; accepted: {accepted}")
    if shape is not None and not fits(array.shape, shape):
        wanted = ", ".join(map(str, shape))
        raise ArgumentError(f"{name}: has shape {list(array.shape)}; accepted: [{wanted}]")
    if array.size == 0:
        raise ArgumentError(f"{name}: has shape {list(array.shape)}, no number; accepted: at least one")
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name}: has a value that isn't finite; accepted: finite numbers")
    with np.errstate(over="ignore", under="ignore"):
        result: np.ndarray = array.astype(dtype, copy=False)
    if array.dtype.itemsize > result.dtype.itemsize and not (
        np.isfinite(result).all() and ((result == 0) == (array == 0)).all()
    ):
        raise ArgumentError(f"{name}: holds {array.dtype} numbers out of float64's range; accepted: {accepted}")
    return np.asarray(result)


def fits(found: tuple[int, ...], shape: tuple[int | str, ...]) -> bool:
    """Whether a shape has the axes asked for; a word stands for any length from 1 up."""
    return len(found) == len(shape) and all(
        length == wanted or (isinstance(wanted, str) and length > 0)
        for length, wanted in zip(found, shape, strict=True)
    )


def given(value: Any, name: str, accepted: str = "an array of numbers") -> np.ndarray:
    """The value as a numpy array of its own type: bool, integer, floating, complex, text or object.

    Raises:
        ArgumentError: rows of different lengths, masked entries, raw bytes, or a tensor that has no numbers to read.
    """
    if is_tensor(value):
        return from_tensor(value, name)
    if isinstance(value, bytearray | memoryview):
        raise ArgumentError(f"{name}: holds bytes; accepted: {accepted}")
    if np.ma.is_masked(value):
        raise ArgumentError(f"{name}: has masked entries; accepted: numbers throughout")
    try:
        return np.asarray(plain(value, name))
    except (ValueError, TypeError, RuntimeError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"{name}: rows differ in length, or aren't numbers; accepted: {accepted}") from error


def plain(value: Any, name: str) -> Any:
    """Nested series with the arrays in them as `given` reads them: numpy would read past masks and gradients."""
    if isinstance(value, NESTED):
        return [plain(entry, name) for entry in value]
    return given(value, name) if isinstance(value, np.ma.MaskedArray) or is_tensor(value) else value


def is_array(value: Any) -> bool:
    """Whether the value says of itself what array it is: of numpy, torch, pandas or another library."""
    return is_tensor(value) or (hasattr(value, "__array__") and not isinstance(value, type))


def is_tensor(value: Any) -> bool:
    """Whether the value is a torch tensor; where torch isn't loaded there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def from_tensor(tensor: Any, name: str) -> np.ndarray:
    """A copy of a torch tensor's numbers; floating types that numpy doesn't have, bfloat16 among them, as float64."""
    import torch

    try:
        plain = tensor.detach().to_dense() if tensor.layout != torch.strided else tensor.detach()
        plain = plain.cpu().resolve_conj().resolve_neg()
        if plain.is_floating_point():
            plain = plain.double()
        elif plain.is_complex():
            plain = plain.to(torch.complex128)
        return np.array(plain.numpy())
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise ArgumentError(f"{name}: is a {tensor.dtype} tensor on {tensor.device}; accepted: numbers") from error


def kind(array: np.ndarray) -> str:
    """What an array holds, in words."""
    words = {"c": "complex numbers", "f": "real numbers", "i": "integers", "u": "integers", "b": "booleans"}
    words |= {"U": "text", "S": "text", "T": "text", "M": "dates", "m": "dates"}
    return words.get(array.dtype.kind, "no plain numbers")


def has_boolean(value: Any) -> bool:
    """Whether nested series hold a boolean, which numpy takes for a number."""
    if isinstance(value, NESTED):
        return any(map(has_boolean, value))
    if isinstance(value, np.ndarray):
        return bool(value.dtype.kind == "b")
    return isinstance(value, bool | np.bool_) or (is_tensor(value) and str(value.dtype) == "torch.bool")


def boolean(value: Any, name: str) -> bool:
    """True or False, of Python or numpy; raises ArgumentError for anything else: of text, even "False" is true."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{name}: got {short(value)}; accepted: True or False")
    return bool(value)


def series(value: Any, name: str, accepted: str) -> list[Any]:
    """The entries of any series, as they are: of Python, numpy, torch or pandas.

    Raises:
        ArgumentError: text, bytes, a mapping, or what has no entries.

    >>> series(range(2), "orders", "numbers")
    [0, 1]
    """
    if is_array(value):
        array = given(value, name, accepted)  # a data frame would give the names of its columns
        if array.ndim:
            return list(array)
    elif isinstance(value, Iterable) and not isinstance(value, (*TEXT, Mapping)):
        return list(value)
    raise ArgumentError(f"{name}: got {short(value)}; accepted: {accepted}")


def integer(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """A Python integer from one of Python's, of numpy's, or an integer array (or tensor) without axes.

    Raises:
        ArgumentError: anything else, booleans and whole floats among them, or out of range.

    >>> integer(np.int64(3), "classes", least=1)
    3
    """
    found = as_integer(value)
    if found is None or (least is not None and found < least) or (most is not None and found > most):
        raise ArgumentError(f"{name}: got {short(value)}; accepted: {span('an integer', least, most)}")
    return found


def random_generator(value: Any, name: str = "generator") -> np.random.Generator:
    """A generator of numpy's; raises ArgumentError for anything else, such as a seed or numpy's old random states."""
    if not isinstance(value, np.random.Generator):
        raise ArgumentError(f"{name}: got {short(value)}; accepted: one of numpy, such as numpy.random.default_rng(0)")
    return value


def integers(value: Any, name: str, least: int | None = None, most: int | None = None) -> tuple[int, ...]:
    """Several integers, each as `integer` takes it, from any series of them; none at all is accepted."""
    accepted = span("integers", least, most)
    if is_array(value):
        array = given(value, name, accepted)
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise ArgumentError(f"{name}: {kind(array)} of shape {list(array.shape)}; accepted: {accepted}")
        value = array.tolist()
    entries = series(value, name, accepted)
    found = [as_integer(entry) for entry in entries]
    for entry, number in zip(entries, found, strict=True):
        if number is None or (least is not None and number < least) or (most is not None and number > most):
            raise ArgumentError(f"{name}: got {short(entry)}; accepted: {accepted}")
    return tuple(number for number in found if number is not None)


def as_integer(value: Any) -> int | None:
    """The integer that a value is; None for anything else, and for integers of more digits than Python prints."""
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, int | np.integer):
        return int(value) if abs(int(value)) < UNPRINTED else None
    array = given(value, "integer") if is_tensor(value) else value
    if isinstance(array, np.ndarray) and array.ndim == 0 and array.dtype.kind in "iu" and not np.ma.is_masked(array):
        return int(array)
    return None


def grid_shape(value: Any, name: str = "sites") -> tuple[int, ...]:
    """The sides of a line or a grid of sites: one or two positive integers, whose product is at most 2^22.

    >>> grid_shape(np.array([4, 4]))
    (4, 4)
    """
    try:
        sides = integers(value, name, least=1)
    except ArgumentError:
        sides = ()
    if not 1 <= len(sides) <= 2:
        raise ArgumentError(
            f"{name}: got {short(value)}; accepted: 1 or 2 positive sides, a line (N,) or a grid (H, W)"
        )
    if math.prod(sides) > SITES:
        raise ArgumentError(f"{name}: got {short(value)}; accepted: at most {SITES} sites, 2048 by 2048")
    return sides


def number(
    value: Any,
    name: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    infinite: bool = False,
) -> float:
    """A real number as a Python float, within bounds; `above` and `below` leave the bound itself out.

    It is finite, unless `infinite` accepts ∞, too, where there is no upper bound.

    Raises:
        ArgumentError: anything else, booleans and text among them, or out of range.

    >>> number(np.float32(0.5), "tolerance", above=0, below=1)
    0.5
    """
    array = None if isinstance(value, str | bytes | Mapping) else given(value, name)
    plain = array is not None and array.ndim == 0 and array.dtype.kind in "fiu"
    found = float(array) if plain and array is not None else math.nan
    inside = (
        (math.isfinite(found) or (infinite and found == math.inf))
        and (least is None or found >= least)
        and (most is None or found <= most)
        and (above is None or found > above)
        and (below is None or found < below)
    )
    if not inside:
        bounds = [("≥", least), ("≤", most), (">", above), ("<", below)]
        what = "a number" if infinite else "a finite number"
        words = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)
        raise ArgumentError(f"{name}: got {short(value)}; accepted: {what} {words}".rstrip())
    return found


def span(what: str, least: int | None, most: int | None) -> str:
    """Integers within bounds, in words.

    >>> span("an integer", 1, None), span("integers", 0, 3)
    ('an integer ≥ 1', 'integers from 0 to 3')
    """
    if least is not None and most is not None:
        return f"{what} from {least} to {most}"
    if least is not None:
        return f"{what} ≥ {least}"
    return what if most is None else f"{what} ≤ {most}"


def short(value: Any) -> str:
    """A value for an error line."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # an integer of more digits than Python converts
        text = f"{type(value).__name__} with an integer of more than {sys.get_int_max_str_digits()} digits"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
