"""`advise`: from labelled images a pooling tree and widths, before anything is trained.

Why z tells: with sites in two halves, what a network over a tree can express across them is bounded by the min-cut of
that partition, the product of the widths of the bonds that it cuts. A label that depends on two sites jointly needs a
bond between them; sites that meet at a low level are joined by the product of their own channels, sites that meet high
up by what few channels of whole positions pass on. docs/advice.md says more.
"""

import importlib.util
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convac import arrays
from convac.advice import search
from convac.advice.pairs import PairDependence, Sample, needs, pair_dependence, sample_of
from convac.advice.trials import Trial, accuracies
from convac.advice.widths import advised_widths, class_ranks
from convac.entanglement.limits import MEMORY, SECONDS, Limits
from convac.errors import ArgumentError
from convac.geometry.rearrangement import correlations, rearranged_order
from convac.geometry.trees import GEOMETRIES, PoolingTree, level_factors, natural_windows, prime_factors
from convac.specs.network import Sharing

FREE, STRUCTURED, REARRANGED = "free", "structured", "rearranged"
NOTHING = "no pairwise dependence found; any geometry will do"
CHANCE = 0.01  # p-value below which there is dependence
CLOSE = 0.06  # a named tree is preferred to one that was searched for where it scores as well but for so much
# Of what the windows of a free tree join beyond chance, what counts: weights are shared over positions, so that one map
# serves all windows of a level, and those of a free tree are of many kinds. Chosen on the blobs (docs/advice.md).
REGULARITY = 0.45
BUDGET = 4000
PLACED = 256  # sites up to which pixels are rearranged, which takes a second for so many, and more than N² for more
COLOURS = 4
TRIALS = 3  # candidates that are tried where nothing else is asked for
SHARINGS: tuple[Sharing, ...] = ("shared", "windowed")


@dataclass(frozen=True)
class Candidate:
    """One tree that was looked at.

    Attributes:
        name: a geometry's, `structured`, `free` for greedy matching, or `rearranged`.
        tree: the tree.
        score: mean density of its levels by octaves, 1 for a random tree; of a tree that was searched for, what trees
            found on one half of the images have on the other half, and of a free one what shared weights leave of it.
        densities: per level, the mean pair dependence of sites that first meet there over that of all pairs.
        moves: how it was built, from the sites up; none for a named one.
    """

    name: str
    tree: PoolingTree = field(repr=False)
    score: float
    densities: tuple[float, ...]
    moves: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Advice:
    """What `advise` found.

    Attributes:
        geometry: the advised tree's name; `structured` or `free` where it has none.
        tree: the advised tree.
        widths: channels after each level.
        parameters: of a ConvAC of these widths.
        ranks: per level, what widths are in proportion to, see `convac.advice.widths.class_ranks`.
        found: whether there is pair dependence; where not, the tree is a default.
        p_value: of the null that the classes' covariances agree.
        candidates: every tree that was looked at, the best score first.
        reasons: sentences.
        seconds: that it took.
        pairs: (N, N) pair dependence, see `convac.advice.pairs`.
        halves: the same from either half of the images.
        tried: accuracy of each candidate that a short trial was made of, by name.

    >>> generator = np.random.default_rng(0)
    >>> images, labels = generator.integers(0, 2, (400, 8)), generator.integers(0, 2, 400)
    >>> noise = advise(images, labels, budget=100)
    >>> noise.found, noise.parameters <= 100, len(noise.widths) == noise.tree.levels
    (False, True, True)
    """

    geometry: str
    tree: PoolingTree = field(repr=False)
    widths: tuple[int, ...]
    parameters: int
    ranks: tuple[float, ...]
    found: bool
    p_value: float
    candidates: tuple[Candidate, ...] = field(repr=False)
    reasons: tuple[str, ...]
    seconds: float
    pairs: np.ndarray = field(repr=False, compare=False)
    halves: tuple[np.ndarray, np.ndarray] = field(repr=False, compare=False)
    tried: dict[str, float] = field(default_factory=dict)

    def score(self, tree: PoolingTree) -> float:
        """The score of any tree over the same sites that wasn't searched for on these images; 1 for a random one."""
        return mean_score(self.halves, tree)

    @property
    def scores(self) -> dict[str, float]:
        """Score by candidate."""
        return {each.name: each.score for each in self.candidates}


def advise(
    images: Any,
    labels: Any,
    *,
    budget: int = BUDGET,
    levels: int | None = None,
    sharing: Sharing = "shared",
    trials: int | None = 0,
    seed: int = 0,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> Advice:
    """A pooling tree and widths for labelled images, from the images alone: without `trials` nothing is trained.

    Args:
        images: numbers or booleans (n, N) on a line, (n, H, W), or (n, H, W, colours).
        labels: (n,) integers, booleans or text; classes of fewer than 8 different images are left out.
        budget: parameters of a ConvAC with the advised widths, at most.
        sharing: of the weights that the budget counts and trials train, `shared` over all positions or `windowed`,
            over those at equal places in their windows.
        levels: of the tree; by default one for every prime factor of the longer side, five for 32×32.
        trials: candidates of the best scores between which short trials decide, see `convac.advice.trials`; needs
            torch, and images of two values. None: 3 where that is so, else 0.
        seed: of the halves of the images, and of the permutations of the test.
        memory_limit: bytes; told before anything of the size of the pairs is allocated.
        time_limit: seconds of one core.

    Raises:
        ArgumentError: an argument is outside what is accepted.
        MemoryLimitError, TimeLimitError: it would take more than the limits.

    Source: 1605.06743 (pooling geometry and separation rank), 1704.01552 (min-cut); the method is ours.

    >>> generator = np.random.default_rng(0)
    >>> images = generator.integers(0, 2, (4000, 8))
    >>> images[:, 7] = (images[:, 0] + (labels := generator.integers(0, 2, 4000))) % 2
    >>> found = advise(images, labels, budget=100)
    >>> found.found, sorted(found.tree.order[:2])
    (True, [0, 7])
    """
    began = time.perf_counter()
    budget = arrays.integer(budget, "budget", least=1)
    limits = Limits(memory_limit, time_limit)
    pixels, shape = checked_images(images)
    names = checked_labels(labels, len(pixels))
    colours = pixels.shape[2]
    limits.check("advice", *needs(len(pixels), pixels.shape[1], colours, len(np.unique(names))))
    depth = checked_levels(levels, shape)
    if sharing not in SHARINGS:
        raise ArgumentError(f"sharing: {sharing!r}; accepted: {' or '.join(SHARINGS)}")
    trials = possible_trials(pixels) if trials is None else arrays.integer(trials, "trials", least=0)
    sample = sample_of(pixels, names)
    dependence = pair_dependence(sample, limits, arrays.integer(seed, "seed"))
    found = dependence.p_value < CHANCE
    every = [*candidates(dependence, shape, depth), *placed(sample, dependence, shape, depth)]
    looked_at = sorted(every, key=lambda each: -each.score)
    tried = tried_on(pixels, names, sample, listed(looked_at, trials), sharing) if found and trials > 1 else {}
    chosen = best(looked_at) if found else default(looked_at)
    if tried:
        chosen = max((each for each in looked_at if each.name in tried), key=lambda each: tried[each.name])
    ranks = class_ranks(sample, chosen.tree)
    widths, parameters = advised_widths(chosen.tree, ranks, budget, 2 * colours, sample.classes, sharing)
    return Advice(
        chosen.name,
        chosen.tree,
        widths,
        parameters,
        ranks,
        found,
        dependence.p_value,
        tuple(looked_at),
        tuple(reasons(chosen, looked_at, dependence, sample, ranks, found, tried)),
        time.perf_counter() - began,
        dependence.z,
        dependence.halves,
        tried,
    )


def shortlist(advice: Advice, trials: int) -> list[Candidate]:
    """The advised candidate first, and others of the best scores, up to `trials` in all; it alone for fewer than 2.

    Args:
        advice: given without trials.
        trials: how many; where no dependence was found there is nothing to choose between.
    """
    if trials < 2 or not advice.found:
        return [each for each in advice.candidates if each.name == advice.geometry]
    return listed(advice.candidates, trials)


def listed(looked_at: Sequence[Candidate], trials: int) -> list[Candidate]:
    """The best candidates, as many as are tried, the best first."""
    return sorted(looked_at, key=lambda each: -preferred(each))[:trials]


def tried_on(
    pixels: np.ndarray, names: np.ndarray, sample: Sample, chosen: Sequence[Candidate], sharing: Sharing
) -> dict[str, float]:
    """Accuracies of the short trials of some candidates by name.

    Raises:
        ArgumentError: the images have more than two values, or colours.
    """
    if not binary(pixels):
        raise ArgumentError("trials: the images have more than two values; accepted: 0, or binary images")
    images = (pixels[sample.kept, :, 0] == pixels.max()).astype(np.uint8)
    found = accuracies([Trial(each.tree, images, sample.labels, sample.classes) for each in chosen], sharing)
    return {each.name: float(value) for each, value in zip(chosen, found, strict=True)}


def binary(pixels: np.ndarray) -> bool:
    """Whether images (n, N, colours) have two values and one colour."""
    return pixels.shape[2] == 1 and bool(((pixels == pixels.min()) | (pixels == pixels.max())).all())


def possible_trials(pixels: np.ndarray) -> int:
    """As many trials as are made by default: none without torch, or of images that ConvACs with one-hot sites lack."""
    return TRIALS if binary(pixels) and importlib.util.find_spec("torch") is not None else 0


def checked_images(images: Any) -> tuple[np.ndarray, tuple[int, ...]]:
    """Images as (n, N, colours) of their own type, and the sites' shape; raises ArgumentError for anything else."""
    accepted = f"real numbers (n, N), (n, H, W) or (n, H, W, colours), up to {COLOURS} colours"
    array = arrays.given(images, "images", accepted)
    if array.dtype.kind not in "biuf":
        raise ArgumentError(f"images: holds {arrays.kind(array)}; accepted: {accepted}")
    if not 2 <= array.ndim <= 4 or array.size == 0 or (array.ndim == 4 and array.shape[3] > COLOURS):
        raise ArgumentError(f"images: has shape {list(array.shape)}; accepted: {accepted}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ArgumentError("images: has a value that isn't finite; accepted: finite numbers")
    shape = arrays.grid_shape(array.shape[1:3], "images")
    count = int(np.prod(shape))
    if count < 2:
        raise ArgumentError(f"images: has shape {list(array.shape)}; accepted: at least 2 sites")
    return array.reshape(len(array), count, -1), shape


def checked_labels(labels: Any, count: int) -> np.ndarray:
    """Labels as an array (n,); raises ArgumentError unless there is one per image."""
    accepted = f"integers, booleans or text, one for each of the {count} images"
    array = arrays.given(labels, "labels", accepted)
    if array.dtype.kind not in "biuUS":
        raise ArgumentError(
            f"labels: holds {'real numbers' if array.dtype.kind == 'f' else arrays.kind(array)}; accepted: {accepted}"
        )
    if array.shape != (count,):
        raise ArgumentError(f"labels: has shape {list(array.shape)}; accepted: {accepted}")
    return array


def checked_levels(levels: Any, shape: tuple[int, ...]) -> int:
    """The number of levels; raises ArgumentError where the sites have too few prime factors."""
    most = sum(len(prime_factors(side)) for side in shape)
    return len(natural_windows(shape)) if levels is None else arrays.integer(levels, "levels", least=1, most=most)


def candidates(dependence: PairDependence, shape: tuple[int, ...], levels: int) -> Iterator[Candidate]:
    """Every named tree that fits the sites, and the trees that the searches find; equal ones once, by their name."""
    known: dict[tuple[object, ...], str] = {}
    for name in GEOMETRIES:
        try:
            tree = PoolingTree.named(name, shape)
        except ArgumentError:  # mirror wants sides of 2, 4, 8, …
            continue
        if levels != tree.levels:
            tree = rewindowed(dependence.z, tree, levels)
        if known.setdefault(tuple(search.nodes(tree)), name) == name:
            yield Candidate(name, tree, mean_score(dependence.halves, tree), search.level_densities(dependence.z, tree))
    for name in (STRUCTURED, FREE):
        found, *rivals = (searched(name, z, shape) for z in (dependence.z, *dependence.halves))
        windows = search.windows_for(found.factors, found.densities, levels)
        trees = [PoolingTree(shape, each.members[0].tolist(), windows) for each in (found, *rivals)]
        if tuple(search.nodes(trees[0])) not in known:
            pairs = zip(dependence.halves, reversed(trees[1:]), strict=True)
            score = float(np.mean([search.score(half, tree) for half, tree in pairs]))
            score = 1 + REGULARITY * (score - 1) if name == FREE else score
            yield Candidate(name, trees[0], score, search.level_densities(dependence.z, trees[0]), found.moves)


def placed(sample: Sample, dependence: PairDependence, shape: tuple[int, ...], levels: int) -> Iterator[Candidate]:
    """Neighbours pooled after the sites have been rearranged by their correlations, which needs no grid but makes one.

    Source: 2303.11249 (rearrangement by balanced min-cuts). For sides that are powers of two and not too many sites.
    """
    if math.prod(shape) > PLACED or any(side & (side - 1) for side in shape):
        return
    square = PoolingTree.named("square", shape)
    weights = np.mean([correlations(values.astype(np.float64)) for values in sample.values], axis=0)
    order = rearranged_order(weights, shape)[list(square.order)]
    tree = PoolingTree(shape, tuple(order.tolist()), square.windows)
    if levels != tree.levels:
        tree = rewindowed(dependence.z, tree, levels)
    if search.nodes(tree) != search.nodes(square):
        densities = search.level_densities(dependence.z, tree)
        moves = ("neighbours after rearrangement by correlations",)
        yield Candidate(REARRANGED, tree, mean_score(dependence.halves, tree), densities, moves)


def mean_score(halves: Sequence[np.ndarray], tree: PoolingTree) -> float:
    """Mean score of a tree on the pair dependence of both halves of the images."""
    return float(np.mean([search.score(half, tree) for half in halves]))


def searched(name: str, z: np.ndarray, shape: tuple[int, ...]) -> search.Merging:
    """The best tree of a search, its positions merged one prime factor at a time."""
    return search.structured(z, shape)[0] if name == STRUCTURED else search.free(z)


def rewindowed(z: np.ndarray, tree: PoolingTree, levels: int) -> PoolingTree:
    """A named tree with another number of levels: the same merges, in other windows."""
    factors = [part for level in level_factors(tree.shape) for part in reversed(level) if part > 1]
    merges = PoolingTree(tree.shape, tree.order, tuple(factors))
    windows = search.windows_for(factors, search.level_densities(z, merges), levels)
    return PoolingTree(tree.shape, tree.order, windows)


def best(looked_at: Sequence[Candidate]) -> Candidate:
    """The candidate of the best score; a named one where its score is close."""
    return max(looked_at, key=preferred)


def preferred(candidate: Candidate) -> float:
    """A candidate's score, a named one's raised by what it may score less."""
    return candidate.score * (1 if candidate.moves else 1 + CLOSE)


def default(looked_at: Sequence[Candidate]) -> Candidate:
    """The first named tree, `square`."""
    return next(each for each in looked_at if each.name == next(iter(GEOMETRIES)))


def reasons(
    chosen: Candidate,
    looked_at: Sequence[Candidate],
    dependence: PairDependence,
    sample: Sample,
    ranks: Sequence[float],
    found: bool,
    tried: dict[str, float],
) -> Iterator[str]:
    """Sentences that tell why."""
    constant, dropped = sample.constant, sample.dropped
    if not found:
        yield f"{NOTHING} (p = {dependence.p_value:.2g})"
    else:
        yield f"the label changes how pairs of sites depend on one another (p = {dependence.p_value:.2g})"
        rivals = ", ".join(f"{each.name} {each.score:.3g}" for each in looked_at if each is not chosen)
        yield f"{chosen.name} joins early what depends on one another: score {chosen.score:.3g}, 1 by chance; {rivals}"
        if tried:
            shown = ", ".join(f"{name} {value:.3g}" for name, value in tried.items())
            yield f"{chosen.name} did best in short trials, by accuracy on images that were held back: {shown}"
        if chosen.moves:
            yield f"merges from the sites up: {'; '.join(dict.fromkeys(chosen.moves))}"
    yield "channels in proportion to the rank of what positions say about the class: " + ", ".join(
        f"level {number} {each:.3g}" for number, each in enumerate(ranks, start=1)
    )
    if constant.any():
        yield f"{int(constant.sum())} of {len(constant)} sites are constant; they could stand anywhere"
    if dropped:
        yield f"{dropped} images of classes with fewer than 8 different ones were left out"
