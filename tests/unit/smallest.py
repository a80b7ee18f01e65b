"""The smallest values that an experiment's block accepts, derived from its types: lists of one, counts of one, none."""

import math
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from convac.planning.config import merged

TINY = 1e-6  # in place of a number that must be above zero
Path = tuple[str, ...]


def bound(metadata: tuple[Any, ...], name: str) -> Any:
    """A constraint of a field, such as `ge` or `min_length`; None without one."""
    return max((getattr(part, name) for part in metadata if getattr(part, name, None) is not None), default=None)


def flat(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type without its constraints, and these."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        kind, more = flat(inner)
        return kind, (*more, *(part for each in metadata for part in getattr(each, "metadata", [each])))
    return annotation, ()


def smallest(annotation: Any, constraints: tuple[Any, ...] = ()) -> Any:
    """The smallest value that a type accepts, as YAML would give it; text has none: None."""
    kind, metadata = flat(annotation)
    metadata = (*constraints, *metadata)
    if kind in {bool, int, float, str}:
        return smallest_number(kind, metadata)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields.items()
        return {key: smallest(field.annotation, tuple(field.metadata)) for key, field in fields}
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return None if NoneType in parts else smallest(parts[0])
    if origin is Literal:
        return parts[0]
    if origin is tuple:
        count = bound(metadata, "min_length") or 0
        return [smallest(parts[0])] * count if parts[-1] is ... else [smallest(part) for part in parts]
    raise TypeError(f"{annotation}: no smallest value is known")


def smallest_number(kind: type, metadata: tuple[Any, ...]) -> float | None:
    """The same of a number; of text None."""
    least, step = bound(metadata, "ge"), bound(metadata, "multiple_of") or 1
    if kind is int:
        return math.ceil((least or 0) / step) * step
    if kind is float:
        return TINY if least is None else float(least)
    return False if kind is bool else None


def keys(kind: type[BaseModel], place: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every key of a block by its path, those of blocks inside it after it, with its smallest value."""
    for name, field in kind.model_fields.items():
        inner, metadata = flat(field.annotation)
        if name == "study":
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, (*place, name))
        else:
            yield (*place, name), smallest(field.annotation, (*field.metadata, *metadata))


def lists(kind: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Keys of a block whose value is a list of blocks, and the type of these."""
    for name, field in kind.model_fields.items():
        inner, _ = flat(field.annotation)
        part = get_args(inner)[0] if get_origin(inner) is tuple else None
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield name, part


def value_at(block: Mapping[str, Any], path: Path) -> Any:
    """What a block says at a path; None where it says nothing."""
    for key in path:
        if not isinstance(block, Mapping):
            return None
        block = block.get(key)  # type: ignore[assignment]
    return block


def changed(block: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the block with another value at a path."""
    for key in reversed(path):
        value = {key: value}
    return merged(block, value)
