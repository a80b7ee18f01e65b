"""Run specs: what a dataset, a network and its training are, as strict data with a canonical form and a digest.

A job reads nothing but its spec. The digest names its folder, so that experiments and scales that need the same run
share it.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from convac.errors import ConfigError, ConvacError, one_line
from convac.geometry.trees import PoolingTree

Scalar = bool | int | float | str
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Seed = Annotated[int, Field(ge=0)]


class Spec(BaseModel):
    """Base of everything typed: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class DatasetSpec(Spec):
    """A dataset: the module of `convac.datasets` that makes it, and the arguments of its `generate`."""

    name: Name
    parameters: dict[str, Scalar] = Field(default_factory=dict)

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return (f"convac.datasets.{self.name}",)


class NetworkSpec(Spec):
    """A network over a pooling tree: the module of `convac.networks` that builds it, its geometry and widths."""

    architecture: Name
    geometry: str
    sites: tuple[Positive, ...]
    windows: tuple[int, ...] | None = None
    widths: tuple[Positive, ...]
    local_dimension: Positive = 2
    classes: Positive = 2
    options: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> "NetworkSpec":
        levels = self.tree.levels
        if len(self.widths) != levels:
            raise ValueError(f"widths: {len(self.widths)} given; accepted: one per level, {levels}")
        return self

    @property
    def tree(self) -> PoolingTree:
        """The pooling tree; raises ArgumentError when the geometry or the windows don't fit the sites."""
        return PoolingTree.named(self.geometry, self.sites, self.windows)

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return (f"convac.networks.{self.architecture}",)


class Schedule(Spec):
    """How a network is trained: Adam with one drop of the rate."""

    steps: Positive
    batch: Positive = 64
    lr: Rate
    betas: tuple[Share, Share] = (0.9, 0.999)
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Rate | None = Field(None, description="bound on the gradient's norm")
    drop_at: Share = Field(0.8, description="share of the steps after which the rate drops")
    drop_to: Share = Field(0.1, description="factor of that drop")
    log_every: Positive = Field(100, description="steps between two rows of the history")


class TrainingSpec(Schedule):
    """A schedule and the seeds that are trained by it, one run each."""

    seeds: tuple[Seed, ...] = Field(min_length=1)


class RunSpec(Spec):
    """One training job: a dataset, a network, and its training over all seeds."""

    dataset: DatasetSpec
    network: NetworkSpec
    training: TrainingSpec

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return self.dataset.modules + self.network.modules


class TheorySpec(Spec):
    """One theory job: the module of `convac.theory` whose `compute` makes its table, and the arguments."""

    study: Name
    parameters: dict[str, Scalar | tuple[Scalar, ...]] = Field(default_factory=dict)

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return (f"convac.theory.{self.study}",)


class MeasureSpec(Spec):
    """What is measured on every trained network of a cell."""

    partitions: tuple[str, ...] = Field(min_length=1)


S = TypeVar("S", bound=Spec)


def canonical(spec: Spec) -> str:
    """The spec as JSON with sorted keys and no spaces: equal specs, equal text."""
    return json.dumps(spec.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def digest(spec: Spec) -> str:
    """First 8 hex digits of the sha256 of the canonical form."""
    return hashlib.sha256(canonical(spec).encode()).hexdigest()[:8]


def folder(spec: DatasetSpec | RunSpec | TheorySpec) -> str:
    """Name of the spec's folder under `results`: readable words and the digest."""
    if isinstance(spec, RunSpec):
        network = spec.network
        words = [spec.dataset.name, network.architecture, network.geometry, f"w{max(network.widths)}"]
    else:
        words = [spec.name if isinstance(spec, DatasetSpec) else spec.study]
    return f"{slug(*words)}-{digest(spec)}"


def slug(*parts: str | int) -> str:
    """Lower-case words joined by hyphens, for the readable part of a folder's name.

    >>> slug("ConvAC", "square", 16)
    'convac-square-16'
    """
    return re.sub(r"[^a-z0-9]+", "-", "-".join(map(str, parts)).lower()).strip("-")


def parse(kind: type[S], value: Any, where: str = "") -> S:
    """Build a spec from plain data (as YAML or JSON gives it).

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
        kind.model_validate_json(json.dumps(value))
    except ValidationError as error:
        return [explain(kind, dict(details), where) for details in error.errors(include_url=False)]
    except ConvacError as error:  # a geometry or partition that doesn't fit, found by a validator
        return [one_line(f"{where}.{error}" if where else str(error))]
    except (TypeError, ValueError) as error:
        return [one_line(f"{where or 'config'}: {error}; accepted: plain YAML values")]
    return []


def explain(kind: type[Spec], details: Mapping[str, Any], where: str) -> str:
    """One line for one pydantic error: the key, what stands there, what is accepted."""
    location = [str(part) for part in details["loc"] if part != "JSON"]
    value = details["input"]
    if details["type"] == "extra_forbidden":
        known = accepted_keys(kind, location[:-1])
        near = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"accepted: {', '.join(known)}"
        return one_line(f"{'.'.join([*filter(None, [where]), *location])}: unknown key; {hint}")
    # drop the union branches that pydantic adds to the location
    keys = [part for part in location if re.fullmatch(r"\w+", part) and part not in BRANCHES]
    key = ".".join([*filter(None, [where]), *keys])
    if details["type"] == "missing":
        return one_line(f"{key}: is missing; accepted: a block with this key")
    if details["type"] in {"value_error", "assertion_error"}:
        return one_line(f"{key + '.' if key else ''}{details['ctx']['error']!s}")
    if isinstance(value, str) and "string" not in details["type"] and re.fullmatch(r"[-+]?\d+e[-+]?\d+", value):
        mantissa, exponent = value.split("e")
        return one_line(f"{key}: {value!r} is a string in YAML; write {mantissa}.0e{exponent}")
    accepted = re.sub(r"^input should be ", "", details["msg"][0].lower() + details["msg"][1:])
    return one_line(f"{key}: {shown(value)} is not accepted; accepted: {accepted}")


BRANCHES = {"int", "float", "str", "bool", "none", "constrained", "function-after"}


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
