"""From plain data, as YAML or JSON gives it, to specs; every mistake becomes one line that names its key."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from convac.errors import ConfigError, ConvacError, FileError, one_line
from convac.specs.geometry import TREE_FILE
from convac.specs.spec import Spec

S = TypeVar("S", bound=Spec)

# what pydantic adds to the place of an error inside a union: the branch that was tried
BRANCHES = {"int", "float", "str", "bool", "none", "constrained", "function-after", "TreeSpec"}


def parse(kind: type[S], value: Any, where: str = "") -> S:
    """Build a spec from plain data.

    Raises:
        ConfigError: one line that names the first key at fault, prefixed by `where`, and what is accepted.
    """
    problems = mistakes(kind, value, where)
    if problems:
        raise ConfigError(problems[0])
    return kind.model_validate_json(json.dumps(value))


def mistakes(kind: type[Spec], value: Any, where: str = "") -> list[str]:
    """Every mistake in plain data that should become a `kind`, a line each; empty when there is none."""
    try:
        kind.model_validate_json(json.dumps(value, default=foreign))
    except ValidationError as error:
        return lines(error, kind, where)
    except FileError as error:
        return [one_line(f"{where}: {error}" if where else str(error))]
    except ConvacError as error:  # a geometry or partition that doesn't fit, found by a validator
        return [one_line(f"{where}.{error}" if where else str(error))]
    except (TypeError, ValueError, RecursionError) as error:
        return [one_line(f"{where or 'config'}: {error}; accepted: plain YAML values")]
    return []


def foreign(value: Any) -> dict[str, str]:
    """A value that JSON hasn't, such as YAML's dates and sets, as a block that tells its type: no key accepts it."""
    return {type(value).__name__: str(value)}


def plain(value: Any) -> Any:
    """The value as JSON gives it back: what `mistakes` has checked."""
    return json.loads(json.dumps(value, default=foreign))


def lines(error: ValidationError, kind: type[Spec], where: str = "") -> list[str]:
    """A line for every key of a `kind` that pydantic found fault with."""
    # a value that fits no branch of a union has an error for each: one line tells them all
    found: dict[str, tuple[str, list[str]]] = {}
    every = [dict(details) for details in error.errors(include_url=False)]
    missing = [place(details) for details in every if details["type"] == "missing"]
    unknown = [place(details) for details in every if details["type"] == "extra_forbidden"]
    meant = {key: near_key(kind, key, missing) for key in unknown}
    # under a slip of its name a key stands there, and isn't missing
    slips = {(*key[:-1], near) for key, near in meant.items()}
    for details in every:
        if details["type"] == "missing" and place(details) in slips:
            continue
        key, fault, accepted = explained(kind, details, meant.get(place(details)))
        found.setdefault(key, (fault, []))[1].append(accepted)
    return [
        one_line(f"{'.'.join(filter(None, (where, key))) or 'config'}: {fault}{' or '.join(words)}")
        for key, (fault, words) in found.items()
    ]


def explained(kind: type[Spec], details: Mapping[str, Any], meant: str | None) -> tuple[str, str, str]:
    """One pydantic error as the key at fault, what is wrong with it, and what is accepted; a key that may be meant."""
    location = place(details)
    value, message = details["input"], details["msg"]
    if details["type"] == "extra_forbidden":
        hint = f"did you mean {meant}?" if meant else f"accepted: {', '.join(accepted_keys(kind, location[:-1]))}"
        return ".".join(location), "unknown key; ", hint
    key = ".".join(part for part in location if re.fullmatch(r"\w+", part) and part not in BRANCHES)
    if details["type"] == "missing":
        return key, "is missing; ", "accepted: a block with this key"
    if details["type"] in {"value_error", "assertion_error"}:
        text = str(details["ctx"]["error"])
        own, _, rest = text.partition(": ")
        if not re.fullmatch(r"[\w.]+", own):  # of the key itself, and not of one inside it
            return key, text, ""
        return ".".join(filter(None, [key, own])), rest, ""
    if isinstance(value, str) and "string" not in details["type"] and re.fullmatch(r"[-+]?\d+e[-+]?\d+", value):
        mantissa, exponent = value.split("e")
        return key, f"{value!r} is a string in YAML; ", f"write {mantissa}.0e{exponent}"
    accepted = re.sub(r"^input should be ", "", message[0].lower() + message[1:])
    if details.get("ctx", {}).get("pattern") == TREE_FILE:
        accepted = "a tree file, PATH.json"
    if least := re.fullmatch(r".* at least (\d+) items? after validation.*", accepted):
        accepted = f"entries, at least {least[1]}"
    return key, f"{shown(value)} is not accepted; accepted: ", accepted


def place(details: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a pydantic error stands, the key at fault last."""
    return tuple(str(part) for part in details["loc"] if part != "JSON")


def near_key(kind: Any, location: tuple[str, ...], missing: Iterable[tuple[str, ...]]) -> str | None:
    """The key of the model that an unknown one is a slip of, a missing one first; None where nothing is near."""
    lacking = [key[-1] for key in missing if key[:-1] == location[:-1]]
    tried = (
        difflib.get_close_matches(location[-1], keys, n=1) for keys in (lacking, accepted_keys(kind, location[:-1]))
    )
    return next((near[0] for near in tried if near), None)


def shown(value: Any) -> str:
    """A value for an error line, short."""
    return one_line(json.dumps(value, ensure_ascii=False, default=str), 60)


def accepted_keys(kind: Any, location: Iterable[str]) -> list[str]:
    """Keys of the model that stands at `location` inside `kind`."""
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel) and part in kind.model_fields:
            kind = model_in(kind.model_fields[part].annotation)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def model_in(annotation: Any) -> Any:
    """The first model inside a type such as `Model | None` or `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType, dict, tuple, list, Annotated}:
        found = [model_in(part) for part in get_args(annotation)]
        return next((model for model in found if model is not None), None)
    return None
