"""Run specs: what a dataset, a network and its training are, as strict data with a canonical form and a digest.

A job reads nothing but its spec. The digest names its folder, so that experiments and scales that need the same run
share it.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from convac.errors import ArgumentError
from convac.geometry import tree_files
from convac.geometry.trees import GEOMETRIES, PoolingTree

Scalar = bool | int | float | str
# what is counted is listed or worked off one by one: more than a thousand million is a slip of the pen
MOST = 10**9
Positive = Annotated[int, Field(ge=1, le=MOST)]
Natural = Annotated[int, Field(ge=0, le=MOST)]
# training runs of one network: how many, with seeds from 0, or which seeds
Seeds = Annotated[int, Field(ge=1, le=1000)] | Annotated[tuple[Natural, ...], Field(min_length=1, max_length=1000)]
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

OWN = "own"  # what the geometry of a tree file is called where its file isn't known
TREE_FILE = r"\.json$"
TreeFile = Annotated[str, Field(pattern=TREE_FILE, description="path of a tree file")]

Control = Literal["none", "shuffled", "permuted", "missing-points", "missing-rectangles"]
MARGINALISED = "marginalised"  # what a tensorial mixture model does with missing pixels, in place of an imputation

# Image sets whose original files are downloaded; what else is known of one stands under its name in convac.datasets.
DOWNLOADED = ("mnist", "fashion_mnist", "cifar10")


class Spec(BaseModel):
    """Base of everything typed: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class DatasetSpec(Spec):
    """A dataset: the module of `convac.datasets` that makes it, the arguments of its `generate`, and a control."""

    name: Name
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    control: Control = "none"

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return (f"convac.datasets.{self.name}",)

    @property
    def source(self) -> str | None:
        """The image set whose original files must be there before it is made; None if it needs none."""
        return next((name for name in DOWNLOADED if name == self.parameters.get("source")), None)


class TreeSpec(Spec):
    """A geometry of the user's own: what its tree file says, which stands for itself wherever the file is."""

    sites: tuple[Positive, ...]
    # a spec travels as one argument of a command, which holds 2^17 bytes
    order: tuple[Natural, ...] = Field(max_length=2**14)
    windows: tuple[Positive, ...]


def tree_read(geometry: str) -> str | TreeSpec:
    """The name of a geometry as it is, the path of a tree file as the tree; raises FileError where it can't be read."""
    if not tree_files.is_file(geometry):
        return geometry
    tree = PoolingTree.read(geometry)
    return TreeSpec(sites=tree.shape, order=tree.order, windows=tree.windows)


class NetworkSpec(Spec):
    """A network over a pooling tree: the module of `convac.networks` that builds it, its geometry and widths.

    A geometry is a name or a tree; a tree file's path becomes the tree that it holds. `windows` are taken in place of
    the geometry's own.
    """

    architecture: Name
    geometry: Annotated[str, AfterValidator(tree_read)] | TreeSpec
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
        if isinstance(self.geometry, str):
            return PoolingTree.named(self.geometry, self.sites, self.windows)
        if self.geometry.sites != self.sites:
            raise ArgumentError(f"sites: {list(self.sites)}; accepted: the tree file's, {list(self.geometry.sites)}")
        windows = self.geometry.windows if self.windows is None else self.windows
        return PoolingTree(self.sites, self.geometry.order, windows)

    @property
    def geometry_name(self) -> str:
        """The geometry's name, `own` for one of a tree file."""
        return self.geometry if isinstance(self.geometry, str) else OWN

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return (f"convac.networks.{self.architecture}",)


class Schedule(Spec):
    """How a network is trained: Adam, its rate rising at first and dropping once near the end."""

    steps: Positive
    batch: Positive = 64
    lr: Rate
    betas: tuple[Share, Share] = (0.9, 0.999)
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Rate | None = Field(None, description="bound on the gradient's norm")
    warm_up: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="share of the steps in which the rate rises")
    drop_at: Share = Field(0.8, description="share of the steps after which the rate drops")
    drop_to: Share = Field(0.1, description="factor of that drop")
    log_every: Positive = Field(100, description="steps between two rows of the history")
    trials: tuple[Rate, ...] = Field((), description="rates to choose from by the validation images; none: `lr`")
    trial_steps: Positive = Field(100, description="steps that each of them is tried for")
    trial_seeds: Positive | Annotated[tuple[Natural, ...], Field(min_length=1)] = Field(
        2, description="seeds that each of them is tried with: how many, from 0, or which"
    )


def seeds_of(seeds: int | tuple[int, ...]) -> tuple[int, ...]:
    """The seeds that a block asks for, ascending.

    >>> seeds_of(3), seeds_of((101, 100))
    ((0, 1, 2), (100, 101))
    """
    return tuple(range(seeds)) if isinstance(seeds, int) else tuple(sorted(seeds))


class TrainingSpec(Schedule):
    """A schedule and the seeds that are trained by it, one run each; a count of trial seeds is of the first of them."""

    seeds: tuple[Natural, ...] = Field(min_length=1)
    snapshots: tuple[Natural, ...] = Field((), description="steps at which the weights are kept")

    @model_validator(mode="after")
    def _fits(self) -> "TrainingSpec":
        late = [step for step in self.snapshots if step >= self.steps]
        if late:
            raise ValueError(f"snapshots: {late[0]}; accepted: steps before the last, 0 to {self.steps - 1}")
        for key, seeds in (("seeds", self.seeds), ("trial_seeds", self.tried)):
            twice = [seed for number, seed in enumerate(seeds) if seed in seeds[:number]]
            if twice:
                raise ValueError(f"{key}: {twice[0]} stands twice; accepted: every seed once")
        return self

    @property
    def tried(self) -> tuple[int, ...]:
        """Seeds that rates are tried on."""
        return self.trial_seeds if isinstance(self.trial_seeds, tuple) else self.seeds[: self.trial_seeds]


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
    """One theory job: the experiment whose `compute` makes its table, and the arguments."""

    study: Name
    parameters: dict[str, Scalar | tuple[Scalar, ...]] = Field(default_factory=dict)

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return (f"convac.experiments.{self.study}.compute",)


class MissingSpec(Spec):
    """Test images with missing pixels: which, how many, and what is done about them."""

    kinds: tuple[Literal["points", "rectangles"], ...] = Field(description="independent pixels, or one rectangle")
    rates: tuple[Share, ...] = Field(description="shares of missing pixels")
    imputations: tuple[Literal["marginalised", "zero", "mean", "neighbour"], ...] = Field(min_length=1)
    examples: Share | None = Field(None, description="rate at which example images of every class are shown")


class DependenceSpec(Spec):
    """How dependence on data is measured: on composites of test images, by parts of different ones."""

    partitions: tuple[str, ...] = Field(min_length=1, description="names of partitions of the pixels")
    samples: Annotated[int, Field(ge=32, le=10_000)] = Field(description="rows, and columns, of a draw, at most")
    least_pixels: Natural = Field(default=20, description="pixels other than 0 that an image has in each half")
    controls: bool = Field(default=True, description="whether trained networks are also measured without a condition")
    vectors: tuple[Positive, ...] = Field(default=(), description="Schmidt vectors of the posterior that are kept")
    label_score: bool = Field(default=False, description="whether the score behind the label is measured, too")
    learnt: Share = Field(default=0.9, description="test accuracy from which on a network counts as one that learnt")


class MeasureSpec(Spec):
    """What is measured on every trained network of a cell, and on the snapshots of its training."""

    partitions: tuple[str, ...] = Field(default=(), description="names of partitions of the sites")
    label: Natural = Field(default=1, description="class whose score is measured")
    bonds: bool = Field(default=False, description="whether the entropy of every bond is measured")
    ranks: tuple[Positive, ...] = Field(
        default=(), description="Schmidt vectors that every bond is truncated to, one by one"
    )
    matched_loss: Rate | None = Field(
        default=None, description="also the first snapshot whose training loss is as low [nats]"
    )
    missing: MissingSpec | None = Field(default=None, description="missing pixels of the test images")
    dependence: DependenceSpec | None = Field(default=None, description="dependence on data, by test images")


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
        words = [spec.dataset.name, network.architecture, network.geometry_name, f"w{max(network.widths)}"]
    else:
        words = [spec.name if isinstance(spec, DatasetSpec) else spec.study]
    return f"{slug(*words)}-{digest(spec)}"


def geometry_label(geometry: str) -> str:
    """What tables and figures call a geometry of the config: its name, or that of its tree file.

    Raises:
        ArgumentError: a tree file that is called as a named geometry is.

    >>> geometry_label("mirror"), geometry_label("trees/advised.json")
    ('mirror', 'advised')
    """
    if not tree_files.is_file(geometry):
        return geometry
    label = Path(geometry).stem
    if label in GEOMETRIES:
        raise ArgumentError(f"geometry: {geometry}: is called as a named geometry; accepted: a name of its own")
    return label


def slug(*parts: str | int) -> str:
    """Lower-case words joined by hyphens, for the readable part of a folder's name.

    >>> slug("ConvAC", "square", 16)
    'convac-square-16'
    """
    return re.sub(r"[^a-z0-9]+", "-", "-".join(map(str, parts)).lower()).strip("-")
