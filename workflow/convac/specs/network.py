"""What a network over a pooling tree is, whatever its kind: see `convac.specs.networks`.

A kind says what its networks compute, as counts: what these take in seconds and bytes is `convac.planning.costs`' to
say, so that a better estimate trains nothing again.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import comb, prod
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.specs.geometry import OWN, TreeSpec, tree_read
from convac.specs.kinds import Kind
from convac.specs.spec import Positive, Spec

Patch = Annotated[int, Field(ge=1, le=4, description="pixels along each side of a site")]
Brightest = Annotated[int, Field(ge=1, le=255, description="largest value of a pixel")]
Weights = Literal["positive", "signed"]
Sharing = Literal["shared", "windowed", "located"]
Pooling = Literal["max", "average"]
# more symbols than this cost more to tabulate and look up than the positions they stand for
SYMBOLS = 128


class Pixels(Spec):
    """How integer images become sites: see `convac.networks.representations`."""

    kind: Literal["one-hot", "affine"] = "one-hot"
    patch: Patch = 1
    brightest: Brightest = 1

    @model_validator(mode="after")
    def _fits(self) -> "Pixels":
        if self.kind == "one-hot" and self.brightest != 1:
            raise ValueError(f"brightest: {self.brightest}; accepted: 1 with one-hot sites")
        return self


class Level(NamedTuple):
    """What one level of a network computes for an image, in each replica.

    Attributes:
        products: multiplications.
        values: numbers that its convolution gives, before they are pooled.
        parameters: weights.
    """

    products: int
    values: int
    parameters: int


class Work(NamedTuple):
    """What a step of training does beside multiplications.

    Attributes:
        calls: of torch for each level.
        passes: over the numbers that a level gives, forward and backward.
        copies: of a level's numbers that are held at once.
    """

    calls: float
    passes: float
    copies: float


class NetworkSpec(Kind):
    """Base of the networks over a pooling tree: geometry, widths, and what follows from them.

    A geometry is a name or a tree; a tree file's path becomes the tree that it holds. `windows` are taken instead of
    the geometry's own.

    Attributes:
        work: that a step of training does beside multiplications; by default the most that was measured.
        circuit: whether engines measure such a network as a circuit over its tree.
        biases: whether every channel has one.
    """

    folder: ClassVar[str] = "networks"
    room: ClassVar[str] = "networks"
    work: ClassVar[Work] = Work(17, 4.75, 5.0)
    circuit: ClassVar[bool] = False
    biases: ClassVar[bool] = False

    geometry: Annotated[str, AfterValidator(tree_read)] | TreeSpec
    sites: tuple[Positive, ...]
    windows: tuple[int, ...] | None = None
    widths: tuple[Positive, ...]
    local_dimension: Positive = 2
    classes: Positive = 2

    @model_validator(mode="after")
    def _one_width_per_level(self) -> "NetworkSpec":
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
    def pixels(self) -> Pixels:
        """How integer images become sites."""
        return Pixels()

    @property
    def labels(self) -> tuple[int, ...]:
        """Shape of the labels of one image: one number."""
        return ()

    @property
    def states(self) -> int:
        """Local dimension of the circuit that engines measure."""
        return self.local_dimension

    @property
    def signed(self) -> bool:
        """Whether weights have signs, so that engines follow their rounding."""
        return False

    @property
    def averages(self) -> bool:
        """Whether log-odds are an average over the windows of the root."""
        return False

    @property
    def calibrated(self) -> bool:
        """Whether the initialisation evaluates images to set its scales."""
        return False

    @property
    def one_hot(self) -> bool:
        """Whether every position sees one of few symbols: one-hot sites below, weights shared over positions."""
        return False

    @property
    def sets(self) -> bool:
        """Whether the set of symbols in a window is enough, not the multiset: pooling takes the largest."""
        return False

    @property
    def maps(self) -> tuple[int, ...]:
        """Linear maps of every level: one, or one for each position of a window, a kernel, or the level."""
        return (1,) * len(self.widths)

    @property
    def taps(self) -> int:
        """Maps that a position of the level below goes through."""
        return 1

    @property
    def factors(self) -> int:
        """Numbers that are kept of each value before values are pooled."""
        return 1

    @property
    def beside(self) -> int:
        """Trained numbers other than maps and biases."""
        return 0

    def counter(self) -> Callable[[Sequence[int]], int]:
        """Trained numbers of one replica as a function of the widths."""
        maps, first, beside = self.maps, self.local_dimension, self.beside

        def count(widths: Sequence[int]) -> int:
            pairs = zip(maps, pairwise((first, *widths)), strict=True)
            weights = sum(number * into * out for number, (into, out) in pairs)
            return beside + weights + self.classes * widths[-1] + self.biases * (sum(widths) + self.classes)

        return count

    def parameters(self) -> int:
        """Trained numbers of one replica."""
        return self.counter()(self.widths)

    def levels(self) -> list[Level]:
        """The work of every level; tabulated ones take none."""
        few, found = self.tabulated(), []
        positions, inputs = prod(self.sites), self.local_dimension
        for number, (window, outputs, maps) in enumerate(zip(self.tree.windows, self.widths, self.maps, strict=True)):
            parameters = maps * inputs * outputs
            if number < few:
                found.append(Level(0, 0, parameters))
            elif number == few and self.one_hot:
                found.append(Level(0, positions // window * outputs, parameters))
            else:
                values = positions * outputs
                found.append(Level(values * inputs * self.taps, values * self.factors, parameters))
            positions, inputs = positions // window, outputs
        return found

    def tabulated(self) -> int:
        """How many of the first levels are computed once for each symbol, not at every position.

        A symbol is the multiset of those below it, or their set where that is enough.
        """
        below, count = self.local_dimension, 0
        for window in self.tree.windows[:-1] if self.one_hot else ():
            chosen = sum(comb(below, size) for size in range(1, min(window, below) + 1))
            below = chosen if self.sets else comb(below + window - 1, window)
            if below > SYMBOLS:
                break
            count += 1
        return count


def maps_of(network: NetworkSpec, sharing: Sharing) -> tuple[int, ...]:
    """Linear maps of every level where weights are shared so."""
    tree = network.tree
    return {"windowed": tree.windows, "located": tree.positions[:-1]}.get(sharing, (1,) * tree.levels)
