"""Run specs: what a dataset, a network and its training are, as strict data with a canonical form and a digest.

A job reads nothing but its spec. The digest names its folder, so that experiments and scales that need the same run
share it.
"""

import hashlib
import json
import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
