"""Kinds: types of which one stands in a file, found by the file's name.

No module imports all kinds of a folder, so that a job depends on those alone that its spec names, and a new one changes
no other's code.
"""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import model_serializer

from convac.errors import ConfigError
from convac.specs.parsing import parse, shown
from convac.specs.spec import Spec

FOLDER = Path(__file__).parent


class Kind(Spec):
    """Base of the bases of kinds; in JSON, `kind` stands before the fields.

    Attributes:
        folder: of `convac.specs` that holds the kinds.
        room: package of the library whose file of the same name does what a kind says.
        kind: name of the file.
    """

    folder: ClassVar[str]
    room: ClassVar[str]
    kind: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.kind = cls.__module__.rpartition(".")[2]

    @model_serializer(mode="wrap")
    def _with_kind(self, fields: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {"kind": self.kind, **fields(self)}

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names: its type, and what does as it says."""
        return (type(self).__module__, f"convac.{self.room}.{self.kind}")


K = TypeVar("K", bound=Kind)


def kinds(base: type[Kind]) -> list[str]:
    """Names of the kinds that a folder holds."""
    return sorted(path.stem for path in (FOLDER / base.folder).glob("*.py") if path.stem != "__init__")


def kind_named(base: type[K], name: object, key: str = "kind") -> type[K]:
    """The type that the file of a kind holds; raises ConfigError, naming `key`, where there is no such kind."""
    if not isinstance(name, str) or name not in kinds(base):
        raise ConfigError(f"{key}: {shown(name)} is unknown; accepted: {', '.join(kinds(base))}")
    module = importlib.import_module(f"convac.specs.{base.folder}.{name}")
    found: list[type[K]] = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ConfigError(f"{key}: {name} holds {len(found)} types; accepted: one subclass of {base.__name__}")
    return found[0]


def of_kind(base: type[K], value: Any, where: str) -> K:
    """A spec of any kind of a folder from plain data that says `kind`; a spec as it is.

    Raises:
        ConfigError: one line that names the key at fault, below `where`.
    """
    if isinstance(value, base):
        return value
    if not isinstance(value, Mapping) or "kind" not in value:
        raise ConfigError(f"{where}: {shown(value)} is not accepted; accepted: a block that says its kind")
    found = kind_named(base, value["kind"], f"{where}.kind")
    return parse(found, {key: each for key, each in value.items() if key != "kind"}, where)


def reader(base: type[K], where: str) -> Callable[[Any], K]:
    """What reads a field of any kind of a folder: see `of_kind`."""
    return partial(of_kind, base, where=where)
