"""Configs with one mistake each: every key of every block, by type, range, absence, spelling, size and depth."""

import copy
import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Path = tuple[str | int, ...]

DEEP: Any = 1
for _ in range(40):
    DEEP = {"inner": [DEEP]}

# what stands in the place of a value; some keys accept some of them
VALUES: dict[str, Any] = {
    "text": "text",
    "empty text": "",
    "long text": "x" * 5000,
    "lines": "one\ntwo\x00",
    "exponent without a point": "1e-3",
    "true": True,
    "null": None,
    "zero": 0,
    "negative": -3,
    "odd": 7,
    "fraction": 0.3,
    "large": 10**6,
    "huge": 10**18,
    "beyond floats": 10**400,
    "largest float": 1.7e308,
    "not a number": math.nan,
    "infinite": -math.inf,
    "empty list": [],
    "empty block": {},
    "list of lists": [[[1]]],
    "block": {"text": 1},
    "numbered block": {1: 2, None: 3},
    "deep": DEEP,
    "date": datetime.date(2020, 1, 1),
    "set": {"one"},
    "bytes": b"\xff\x00",
}
# what is made of the value that stands there
CHANGES = {
    "in a list": lambda value: [value],
    "as text": str,
    "negated": lambda value: -value if isinstance(value, int | float) else [value, -1],
    "twice": lambda value: value * 2 if isinstance(value, list | str) else {"twice": value},
    "every element large": lambda value: [10**9] * len(value) if isinstance(value, list) else 10**9,
    "many": lambda value: value * 20 if isinstance(value, list) else 10**5,
}
# what becomes of a key
NAMES = {"missing": None, "misspelt": "{}x", "numbered": 7}


@dataclass(frozen=True)
class Mutant:
    """A config, and what is done to it where."""

    base: dict[str, Any]
    path: Path
    change: str

    @property
    def key(self) -> str:
        """The key as error lines name it; of a misspelt one, the block that holds it."""
        path = self.path[:-1] if self.change in NAMES else self.path
        return ".".join(map(str, path))

    @cached_property
    def config(self) -> dict[str, Any]:
        """The changed config."""
        changed = copy.deepcopy(self.base)
        inside, last = holder(changed, self.path), self.path[-1]
        if self.change in VALUES:
            inside[last] = copy.deepcopy(VALUES[self.change])
        elif self.change in CHANGES:
            inside[last] = CHANGES[self.change](inside[last])
        else:
            value, name = inside.pop(last), NAMES[self.change]
            if name is not None:
                inside[name.format(last) if isinstance(name, str) else name] = value
        return changed


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Places of all values inside nested blocks and lists; of a list's elements, the first."""
    if here:
        yield here
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*here, key))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*here, 0))


def holder(config: Any, path: Path) -> Any:
    """The block or list that holds the last part of a path."""
    for part in path[:-1]:
        config = config[part]
    return config


def mutants(config: dict[str, Any]) -> Iterator[Mutant]:
    """Every mutant of a config, one change each; elements of lists have no name to change."""
    for path in paths(config):
        for change in [*VALUES, *CHANGES, *(NAMES if isinstance(path[-1], str) else ())]:
            yield Mutant(config, path, change)
