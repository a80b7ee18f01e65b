"""Run specs: what a dataset, a network and its training are, as strict data with a canonical form and a digest.

A job reads nothing but its spec. The digest names its folder, so that experiments and scales that need the same run
share it.
"""

import hashlib
import json
import re
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Scalar = bool | int | float | str
# what is counted is listed or worked off one by one: more than a thousand million is a slip of the pen
MOST = 10**9
Positive = Annotated[int, Field(ge=1, le=MOST)]
Natural = Annotated[int, Field(ge=0, le=MOST)]
Share = Annotated[float, Field(gt=0, le=1)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


def integer_written(value: object) -> object:
    """The value, unless it is a float or a boolean that only equals an integer: 2.0 and true."""
    if isinstance(value, bool | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


# beside a Literal of integers, which takes whatever equals one of them
INTEGER = BeforeValidator(integer_written)


class Spec(BaseModel):
    """Base of everything typed: strict types, no unknown keys, immutable.

    Attributes:
        may_repeat: fields whose entries stand for places, and may be equal; those of other lists are told apart.
    """

    may_repeat: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def canonical(spec: Spec) -> str:
    """The spec as JSON with sorted keys and no spaces: equal specs, equal text."""
    return json.dumps(spec.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def digest(spec: Spec) -> str:
    """First 8 hex digits of the sha256 of the canonical form."""
    return hashlib.sha256(canonical(spec).encode()).hexdigest()[:8]


def slug(*parts: str | int) -> str:
    """Lower-case words joined by hyphens, for the readable part of a folder's name.

    >>> slug("ConvAC", "square", 16)
    'convac-square-16'
    """
    return re.sub(r"[^a-z0-9]+", "-", "-".join(map(str, parts)).lower()).strip("-")
