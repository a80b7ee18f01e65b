"""ConvACs over candidate trees and of several width profiles, beside what `convac.advise` says before any is trained.

Advice is given by the training images of a seed alone, and its short trials are judged on a part of them. The best
candidate of a task is chosen on the validation images of one half of the seeds and compared on the test images of the
other half, both ways.

Source: ours (docs/advice.md); the rival rearranges pixels as 2303.11249 does.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from convac.advice.advise import PLACED, Advice, advise, shortlist
from convac.advice.pairs import sample_of
from convac.advice.trials import Trial, accuracies
from convac.advice.widths import advised_widths, class_ranks
from convac.datasets.controls import controlled
from convac.entanglement.canonical import canonical_partitions
from convac.errors import ArgumentError
from convac.experiments.architecture_advice.jobs import (
    ADVISED,
    BEST,
    CANDIDATES,
    MIRROR_COLUMNS,
    REARRANGED,
    OnImages,
    Profiles,
    Silence,
    Trained,
    Trees,
)
from convac.files import Arrays
from convac.geometry.rearrangement import correlations, rearranged_order, surrogate
from convac.geometry.trees import PoolingTree, merged, neighbours, reflections
from convac.progress import reporter
from convac.specs.dataset import DatasetSpec
from convac.specs.job import JobSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.tables import table_of
from convac.specs.training import TrainingSpec
from convac.specs.widths import matched
from convac.statistics import student_interval

Row = dict[str, Any]
PARTS = ("train", "validation", "test")
TOGETHER = 20  # networks that are trained at once
DIFFERENT = 0.02  # of two test accuracies: those of candidates that are closer say nothing of scores
FEWEST = 5  # validation images come from one in so many training images, where a dataset has none
MEASURED = ("test_accuracy", "validation_accuracy", "train_accuracy", "loss", "converged")
REACH = 0.01  # test accuracy by which a paired interval may stay below the best candidate


def compute(job: JobSpec) -> pd.DataFrame:
    """One job: columns seed, quantity, value, with geometry and windows, profile and widths, or ranking."""
    return table_of(ROWS[type(job)](job))


@dataclass(frozen=True)
class Network:
    """One network to train.

    Attributes:
        tree, widths: what it is.
        number: of the draw of images that it learns.
        seed: of that draw.
    """

    tree: PoolingTree
    widths: tuple[int, ...]
    number: int
    seed: int


@dataclass(frozen=True)
class Looked:
    """A candidate tree of one seed, its score, and the mean |correlation| across its canonical partitions."""

    tree: PoolingTree
    score: float
    correlation: float


def draw(job: OnImages, seed: int) -> Arrays:
    """Images (n, side, side) and labels of a seed, these modulo the classes; validation is taken from training where a
    dataset has none."""
    spec = job.dataset_of(seed)
    *_, module = spec.modules
    arrays = controlled(importlib.import_module(module).generate(**spec.arguments), spec.control)
    for part in PARTS:
        if f"{part}_labels" in arrays:
            arrays[f"{part}_labels"] = arrays[f"{part}_labels"] % job.classes
    if "validation_images" in arrays:
        return arrays
    held = len(arrays["train_labels"]) // FEWEST
    for kind in ("images", "labels"):
        every = arrays[f"train_{kind}"]
        arrays[f"train_{kind}"], arrays[f"validation_{kind}"] = every[held:], every[:held]
    return arrays


def mirror_columns(shape: Sequence[int]) -> PoolingTree:
    """Each site with its reflection along the columns, and with its neighbour along the rows, at every level."""
    square = PoolingTree.named("square", shape)
    order = merged(square.shape, lambda axis, *rest: (reflections if axis else neighbours)(axis, *rest)).ravel()
    return PoolingTree(square.shape, tuple(order.tolist()), square.windows)


def rearranged(weights: np.ndarray, shape: Sequence[int]) -> PoolingTree:
    """Neighbours pooled after pixels have been rearranged by their correlations (2303.11249)."""
    square = PoolingTree.named("square", shape)
    order = rearranged_order(weights, square.shape)[list(square.order)]
    return PoolingTree(square.shape, tuple(order.tolist()), square.windows)


def candidates(advice: Advice, images: np.ndarray, named: Sequence[str], advised: str) -> dict[str, Looked]:
    """Every candidate tree by name; one that a search doesn't tell from a named one isn't there twice.

    Args:
        advice: on these images.
        images: (n, rows, columns), for training.
        named: trees to compare with those that the advice searched for.
        advised: the advised candidate, which is always one.
    """
    shape = images.shape[1:]
    weights = correlations(images.reshape(len(images), -1).astype(np.float64))
    wanted = {*named, advised, "structured", "free", REARRANGED}
    found = {each.name: (each.tree, each.score) for each in advice.candidates if each.name in wanted}
    own = {name: mirror_columns(shape) if name == MIRROR_COLUMNS else PoolingTree.named(name, shape) for name in named}
    if REARRANGED not in found and len(weights) <= PLACED:  # more take too long to rearrange
        own[REARRANGED] = rearranged(weights, shape)
    found |= {name: (tree, advice.score(tree)) for name, tree in own.items() if name not in found}
    return {
        name: Looked(tree, score, correlation(weights, tree))
        for name, (tree, score) in sorted(found.items(), key=lambda each: CANDIDATES.index(each[0]))
    }


def correlation(weights: np.ndarray, tree: PoolingTree) -> float:
    """Mean |correlation| across the partitions that the positions below the root stand for."""
    return float(np.mean([surrogate(weights, mask) for mask in canonical_partitions(tree, 1)]))


def chosen(job: Trees, advices: Sequence[Advice], draws: Sequence[Arrays]) -> list[str]:
    """The advised candidate of every seed; where there are trials, those of all seeds are trained together."""
    lists = [shortlist(advice, job.trials) for advice in advices]
    trials = [
        Trial(each.tree, flat(data["train_images"]), data["train_labels"], job.classes)
        for data, names in zip(draws, lists, strict=True)
        for each in names
        if len(names) > 1
    ]
    values = iter(accuracies(trials, job.sharing).tolist() if trials else [])
    found = []
    for names in lists:
        scores = [next(values) for _ in names] if len(names) > 1 else [1.0]
        found.append(names[int(np.argmax(scores))].name)
    return found


def flat(images: np.ndarray) -> np.ndarray:
    """Images (n, …) as rows of sites."""
    return images.reshape(len(images), -1)


def trees(job: Trees) -> Iterator[Row]:
    """Accuracies of all candidates of every seed, of the advised and of the best one; scores; how these order them."""
    draws = [draw(job, seed) for seed in job.seeds]
    report = reporter(len(job.seeds) + 1, "advice")
    advices = []
    for number, data in enumerate(draws):
        advices.append(advise(data["train_images"], data["train_labels"]))
        report(number + 1, f"seed {job.seeds[number]}")
    advised = chosen(job, advices, draws)
    looked = [
        candidates(advice, data["train_images"], job.geometries, name)
        for advice, data, name in zip(advices, draws, advised, strict=True)
    ]
    networks = {
        (number, name): Network(each.tree, (job.width,) * each.tree.levels, number, job.seeds[number])
        for number, found in enumerate(looked)
        for name, each in found.items()
    }
    values = trained(list(networks.values()), draws, job)
    by_name: list[dict[str, dict[str, float]]] = [{} for _ in draws]
    for (number, name), measured in zip(networks, values, strict=True):
        by_name[number][name] = measured
    best = best_of(by_name)
    yield from reach(job.seeds[0], [each[advised[at]] for at, each in enumerate(by_name)], by_name, best)
    for number, seed in enumerate(job.seeds):
        for name, measured in by_name[number].items():
            own = looked[number][name]
            windows = "-".join(map(str, own.tree.windows))
            labels = {"seed": seed, "geometry": name, "windows": windows}
            yield from rows(labels, measured)
            yield {**labels, "quantity": "advice_score", "value": own.score}
        for word, name in ((ADVISED, advised[number]), (BEST, best[number])):
            measured = by_name[number][name]
            labels = {"seed": seed, "geometry": word, "chosen": name}
            yield {**labels, "quantity": "test_accuracy", "value": measured["test_accuracy"]}
        yield {"seed": seed, "quantity": "dependence_found", "value": float(advices[number].found)}
        yield converged(seed, by_name[number].values())
        yield from orders(seed, looked[number], by_name[number])


def rows(labels: Row, measured: Mapping[str, float]) -> Iterator[Row]:
    """What was measured of a network, but for whether it had converged."""
    for quantity in MEASURED[:-1]:
        yield {**labels, "quantity": quantity, "value": measured[quantity]}


def converged(seed: int, networks: Iterable[Mapping[str, float]]) -> Row:
    """Whether all networks of a seed had converged: claims compare them with one another."""
    return {"seed": seed, "quantity": "converged", "value": min(each["converged"] for each in networks)}


def reach(
    seed: int,
    advised: Sequence[Mapping[str, float]],
    by_name: Sequence[Mapping[str, Mapping[str, float]]],
    best: Sequence[str],
) -> Iterator[Row]:
    """Whether the paired interval of advised less best contains 0 or lies above −0.01, beside what it should be, 1."""
    differences = [
        own["test_accuracy"] - each[name]["test_accuracy"]
        for own, each, name in zip(advised, by_name, best, strict=True)
    ]
    interval = student_interval(differences)
    within = interval.low > -REACH or interval.low <= 0 <= interval.high
    for geometry, value in ((ADVISED, float(within)), (BEST, 1.0)):
        yield {"seed": seed, "geometry": geometry, "quantity": "within_reach", "value": value}


def best_of(by_name: Sequence[Mapping[str, Mapping[str, float]]]) -> list[str]:
    """The best candidate for every seed: by the mean validation accuracy over the other half of the seeds.

    Of seeds that lack a candidate, as it is another one there, the next best counts.
    """
    found = []
    for number, own in enumerate(by_name):
        others = [each for at, each in enumerate(by_name) if at % 2 != number % 2] or [own]
        means = {
            name: float(np.mean([each[name]["validation_accuracy"] for each in others if name in each] or [0.0]))
            for name in own
        }
        found.append(max(means, key=means.__getitem__))
    return found


def orders(seed: int, looked: Mapping[str, Looked], measured: Mapping[str, Mapping[str, float]]) -> Iterator[Row]:
    """Kendall's τ of test accuracy with the score, and with little correlation; over pairs that differ enough."""
    pairs = [
        (first, second, difference)
        for first, second in combinations(looked, 2)
        if abs(difference := measured[first]["test_accuracy"] - measured[second]["test_accuracy"]) > DIFFERENT
    ]
    if not pairs:
        return
    rankings: dict[str, Callable[[str], float]] = {
        "score": lambda name: looked[name].score,
        "correlation": lambda name: -looked[name].correlation,
        "chance": lambda _: 0.0,
    }
    for ranking, value in rankings.items():
        signs = [np.sign((value(first) - value(second)) * difference) for first, second, difference in pairs]
        yield {"seed": seed, "ranking": ranking, "quantity": "rank_agreement", "value": float(np.mean(signs))}


def trained(networks: Sequence[Network], draws: Sequence[Arrays], job: Trained) -> list[dict[str, float]]:
    """What is measured of each network, in their order; those of equal windows and widths are trained together."""
    kinds = [(network.tree.windows, network.widths) for network in networks]
    groups = [
        members[start : start + TOGETHER]
        for kind in dict.fromkeys(kinds)
        for members in [[at for at, each in enumerate(kinds) if each == kind]]
        for start in range(0, len(members), TOGETHER)
    ]
    found: dict[int, dict[str, float]] = {}
    report = reporter(len(groups), "group")
    for done, members in enumerate(groups):
        measured = trained_together([networks[at] for at in members], draws, job)
        found |= dict(zip(members, measured, strict=True))
        report(done + 1, f"{len(members)} networks")
    return [found[at] for at in range(len(networks))]


def trained_together(networks: Sequence[Network], draws: Sequence[Arrays], job: Trained) -> list[dict[str, float]]:
    """What is measured of networks of equal windows and widths: sites are put in the order of each one's tree."""
    from convac.training.loop import train

    replicas = replica_seeds([network.seed for network in networks])
    arrays = {}
    for part in PARTS:
        images = [flat(draws[each.number][f"{part}_images"])[:, list(each.tree.order)] for each in networks]
        arrays[f"{part}_images"] = np.stack(images)
        arrays[f"{part}_labels"] = np.stack([draws[each.number][f"{part}_labels"] for each in networks])
    tree, widths = networks[0].tree, networks[0].widths
    spec = RunSpec(
        dataset=DatasetSpec(seeds=replicas),
        network=line_network(tree, widths, job),
        training=TrainingSpec(**job.training.model_dump(), seeds=replicas),
    )
    history = train(spec, arrays, device="cpu").history
    last = history[history["step"] == job.training.steps].set_index(["seed", "quantity"])["value"]
    return [{quantity: float(last[seed, quantity]) for quantity in MEASURED} for seed in replicas]


def line_network(tree: PoolingTree, widths: tuple[int, ...], job: Trained) -> ArithmeticSpec:
    """A ConvAC that is given sites in the order of a tree."""
    return ArithmeticSpec(
        weights=job.weights,
        initialisation=job.initialisation,
        geometry="line",
        sites=(tree.sites,),
        windows=tree.windows,
        widths=widths,
        sharing=job.sharing,
        classes=job.classes,
    )


def replica_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Different seeds for networks that are trained together, though several learn the images of one seed.

    >>> replica_seeds((7, 8, 7))
    (7000, 8000, 7001)
    """
    return tuple(1000 * seed + seeds[:number].count(seed) for number, seed in enumerate(seeds))


def profiles(job: Profiles) -> Iterator[Row]:
    """Accuracies of the widths that the first seed's images advise and of profiles of as many parameters.

    All are over the square tree, so that networks differ by their widths alone.
    """
    draws = [draw(job, seed) for seed in job.seeds]
    first = draws[0]
    tree = PoolingTree.named("square", first["train_images"].shape[1:])
    sample = sample_of(flat(first["train_images"])[:, :, None], first["train_labels"])
    blank = line_network(tree, (1,) * tree.levels, job)
    ranks = class_ranks(sample, tree)
    advised, equal = advised_widths(tree, ranks, job.budget, blank.local_dimension, job.classes, job.sharing)
    widths = {ADVISED: advised}
    for name in job.profiles:
        try:
            widths[name] = matched(blank, name, equal).widths
        except ArgumentError:  # no widths of this profile have so many parameters
            continue
    networks = [
        (name, Network(tree, each, number, seed))
        for name, each in widths.items()
        for number, seed in enumerate(job.seeds)
    ]
    values = trained([network for _, network in networks], draws, job)
    for (name, network), measured in zip(networks, values, strict=True):
        counted = blank.model_copy(update={"widths": network.widths}).parameters()
        labels = {
            "profile": name,
            "widths": "-".join(map(str, network.widths)),
            "windows": "-".join(map(str, tree.windows)),
            "parameters": counted,
        }
        yield from rows({**labels, "seed": network.seed}, measured)
    for seed in job.seeds:
        own = [each for (_, network), each in zip(networks, values, strict=True) if network.seed == seed]
        yield converged(seed, own)


def silence(job: Silence) -> Iterator[Row]:
    """Whether advice found any dependence, which here it can only imagine."""
    report = reporter(len(job.seeds), "advice")
    for number, seed in enumerate(job.seeds):
        data = draw(job, seed)
        found = advise(data["train_images"], data["train_labels"]).found
        yield {"seed": seed, "quantity": "dependence_found", "value": float(found)}
        report(number + 1, f"seed {seed}")


ROWS: dict[type[JobSpec], Callable[[Any], Iterator[Row]]] = {Trees: trees, Profiles: profiles, Silence: silence}
