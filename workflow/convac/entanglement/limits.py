"""Limits on what an engine may take: bytes and seconds, both stated from shapes alone before anything is allocated.

An engine counts its operations, integers that may be astronomical; seconds are that count over a rate of one core. The
rates are measured with `benchmarks/limits.py`: a statement is good to about a factor of 3 on a core that has no other
work. What a function of the user's takes isn't counted.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convac.arrays import short
from convac.errors import ArgumentError, MemoryLimitError, TimeLimitError

MEMORY = 2**31
SECONDS = 600.0
# operations of a core in a second, by engine, which counts what takes its time: multiplications and additions mostly,
# for `mixtures` logarithms and exponentials
RATES = {
    "brute": 4 * 10**9,
    "spectrum": 5 * 10**9,
    "renyi2": 8 * 10**9,
    "generic_rank": 5 * 10**8,
    "grid": 3 * 10**9,
    "grid-sampled": 3 * 10**9,
    "data": 10**10,
    "differentiable.renyi2": 4 * 10**9,
    "truncation": 5 * 10**9,
    "mixtures": 25 * 10**7,
    "bridge": 5 * 10**9,
    "advice": 10**10,
}
# what handling an array costs beside its entries, in operations of the fastest engines
HANDLING = 10**5
# beyond some twenty seconds of one core the automatic choice prefers the Rényi-2 entropy to the spectrum
OPERATIONS = 10**11
NUMBER = (int, float, np.integer, np.floating)  # a limit; integers may be of any size


@dataclass(frozen=True)
class Limits:
    """What an engine may take.

    Attributes:
        memory: bytes; `math.inf` for no limit.
        seconds: of one core; `math.inf` for no limit.

    Raises:
        ArgumentError: a limit that isn't a positive number.
    """

    memory: float = MEMORY
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        for name, field, unit in (("memory_limit", "memory", "bytes"), ("time_limit", "seconds", "seconds")):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, NUMBER) or not value > 0:
                raise ArgumentError(
                    f"{name}: got {short(value)}; accepted: a positive number of {unit}, inf for no limit"
                )
            if isinstance(value, np.generic):  # half precision holds no count of bytes that it could be compared with
                object.__setattr__(self, field, float(value))

    def allow(self, engine: str, needed: int, operations: int) -> bool:
        """Whether an engine that needs so many bytes and operations may start."""
        return needed <= self.memory and seconds(engine, operations) <= self.seconds

    def check(self, engine: str, needed: int, operations: int) -> None:
        """Raise MemoryLimitError or TimeLimitError for an engine that needs more bytes or operations."""
        self.check_memory(engine, needed)
        self.check_time(engine, operations)

    def check_memory(self, engine: str, needed: int) -> None:
        """Raise MemoryLimitError for an engine that needs more bytes."""
        if needed > self.memory:
            raise MemoryLimitError(
                f"engine {engine}: needs {magnitude(needed)} bytes; "
                f"accepted: up to memory_limit, {magnitude(self.memory)}"
            )

    def check_time(self, engine: str, operations: int) -> None:
        """Raise TimeLimitError for an engine that needs more operations."""
        if seconds(engine, operations) > self.seconds:
            raise TimeLimitError(
                f"engine {engine}: takes about {stated_seconds(engine, operations)} s; "
                f"accepted: up to time_limit, {magnitude(self.seconds)} s"
            )


class Planned(NamedTuple):
    """The engine that `auto` takes, why, and the bytes and operations that it needs."""

    engine: str
    reason: str
    bytes: int
    operations: int


def preferred(needs: tuple[int, int], copies: Callable[[], tuple[int, int]], limits: Limits) -> Planned:
    """The spectrum if it fits, else Rényi-2, the one for any partition, which may not fit either.

    Args:
        needs: bytes and operations of the spectrum.
        copies: those of Rényi-2, asked for where the spectrum doesn't fit or takes long.
        limits: on memory and time.
    """
    said = f"the spectrum needs {magnitude(needs[0])} bytes, about {stated_seconds('spectrum', needs[1])} s"
    fits = limits.allow("spectrum", *needs)
    if fits and needs[1] <= OPERATIONS:
        return Planned("spectrum", said, *needs)
    others = copies()
    if fits and not limits.allow("renyi2", *others):
        return Planned("spectrum", f"{said}; Rényi-2 would pass a limit", *needs)
    if fits and seconds("renyi2", others[1]) >= seconds("spectrum", needs[1]):
        return Planned("spectrum", f"{said}; Rényi-2 would take no less", *needs)
    return Planned("renyi2", f"{said}: too many, so Rényi-2 only", *others)


def seconds(engine: str, operations: int) -> float:
    """About how long one core takes; ∞ where no float holds it.

    >>> seconds("spectrum", 10**10), seconds("spectrum", 2**5000)
    (2.0, inf)
    """
    return operations / RATES[engine] if operations < 10**300 else math.inf


def stated_seconds(engine: str, operations: int) -> str:
    """`seconds` for a line, with the exponent where no float holds it."""
    return f"{seconds(engine, operations):.2g}" if operations < 10**15 else magnitude(operations // RATES[engine])


def magnitude(count: float) -> str:
    """A count for an error line, however long.

    >>> magnitude(2**31), magnitude(2**4096), magnitude(math.inf)
    ('2.15e+09', '10^1233', 'inf')
    """
    return f"{count:.3g}" if count < 10**15 or count == math.inf else f"10^{math.log10(count):.0f}"
