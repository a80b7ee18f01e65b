"""Dependence on data of a run's networks: interaction share and centred posterior, seed by seed, on its test images.

Every seed draws its own halves of test images, the same for every network of that seed. Trained networks are also
measured without a condition on the images, and within each class, by half as many rows and columns: shares alone.

What is measured is defined in `convac.entanglement.dependence`, and the causal test in `convac.entanglement.kept`.
"""

import importlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from convac.entanglement.composites import LEAST_SAMPLES, DataDependence, HeldOut, crossed, data_dependence, pixel_mask
from convac.entanglement.kept import kept_vectors
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.geometry.partitions import Partition
from convac.measurement.trained import TRAINING, Row, Trained
from convac.progress import LOG, reporter
from convac.seeds import stream
from convac.specs.dataset import DatasetSpec
from convac.specs.measurements.dependence import DependenceSpec
from convac.specs.network import NetworkSpec
from convac.specs.tables import LEARNT, MATCHED

CONDITIONED, UNCONDITIONED, WITHIN_CLASS = "conditioned", "unconditioned", "within class"
LABEL = "label"  # the phase of rows that are of no network
ENGINE = "composites"


def rows(trained: Trained, wanted: DependenceSpec) -> Iterator[Row]:
    """Dependence on data of every seed: untrained, at every snapshot and trained; and of the score behind the label."""
    last, seeds, memory_limit = trained.last, trained.seeds, trained.memory_limit
    learnt, matched = learnt_seeds(trained.history, last, wanted.learnt), trained.matched(wanted.matched_loss)
    moments = sorted({0, *trained.moments})
    report = reporter(len(seeds) * len(moments), "network on data")
    for number, seed in enumerate(seeds):
        data = trained.images(number)
        if wanted.label_score:
            yield from (
                {"seed": seed, **row} for row in label_rows(trained.spec.dataset, seed, data, wanted, memory_limit)
            )
        for place, moment in enumerate(moments):
            network, phase = trained.network_of(number, moment), trained.phase(moment)
            # one half of the rows and columns is enough through training, where shares alone are shown
            part = thinned(wanted) if phase == TRAINING else wanted
            controls = wanted.controls and moment == last
            marked = {LEARNT: moment == last and seed in learnt, MATCHED: matched.get(seed) == moment}
            for row in dependence_rows(network, seed, data, part, controls, memory_limit):
                yield {"seed": seed, "phase": phase, "moment": moment, **row}
                if row["quantity"] != "interaction_share" or row["condition"] != CONDITIONED:
                    continue
                yield from ({"seed": seed, "phase": name, "moment": moment, **row} for name in marked if marked[name])
                if additive(trained.spec.network, row["partition"]):
                    sums = {**row, "quantity": "additive_share", "value": 0.0}
                    yield {"seed": seed, "phase": phase, "moment": moment, **sums}
            if moment == last:
                kept_vectors = kept_rows(network, seed, data, wanted, memory_limit)
                yield from ({"seed": seed, "phase": phase, "moment": moment, **row} for row in kept_vectors)
            report(number * len(moments) + place + 1, f"seed {seed} at step {moment}")


def learnt_seeds(history: pd.DataFrame, last: int, bar: float) -> set[int]:
    """Seeds whose accuracy on test images, after the last step, is at least the bar."""
    final = history[(history["quantity"] == "test_accuracy") & (history["step"] == last) & (history["value"] >= bar)]
    return set(final["seed"].tolist())


def dependence_rows(
    network: Any, seed: int, data: Arrays, wanted: DependenceSpec, controls: bool, memory_limit: float
) -> Iterator[Row]:
    """Rows of one network.

    Args:
        network: a network of one seed, or a function of images (n, …) that gives log-odds (n,).
        seed: of the halves.
        data: `test_images` (n, H, W) and `test_labels` (n,).
        wanted: partitions, samples and the condition.
        controls: whether it is also measured without a condition, and within each class.
        memory_limit: bytes.

    Yields:
        Rows with `partition`, `condition`, `engine`, `quantity` and `value`. A condition that leaves fewer than 64
        images (of a class) has none, nor has an entropy that hasn't settled; the log says so.
    """
    for partition in wanted.partitions:
        for condition, held in conditions(data, wanted, controls):
            most = (wanted if condition == CONDITIONED else thinned(wanted)).samples
            inside = pixel_mask(network, held.images, partition, None)
            size = min(most, min(map(len, held.groups(inside))) // 2)
            if size < LEAST_SAMPLES:
                LOG.info("seed %d, %s, %s: too few images for composites", seed, partition, condition)
                continue
            found, = data_dependence(
                network, partition, held, samples=size, seed=seed, memory_limit=memory_limit, time_limit=math.inf
            )  # fmt: skip
            if condition == CONDITIONED and found.reason:
                LOG.info("seed %d, %s: %s", seed, partition, found.reason)
            shared = {"partition": partition, "condition": condition, "engine": ENGINE}
            yield from ({**shared, **row} for row in observations(found, entropies=condition == CONDITIONED))


def kept_rows(network: Any, seed: int, data: Arrays, wanted: DependenceSpec, memory_limit: float) -> Iterator[Row]:
    """Accuracy of one trained network against the Schmidt vectors of its posterior that are kept, on held-out images.

    Args:
        network, seed, data, memory_limit: as in `dependence_rows`.
        wanted: partitions, samples, the condition and the numbers of vectors.

    Yields:
        Rows with `partition`, `condition`, `engine`, `quantity`, `value` and, of accuracies, `rank`. Where even S/4
        vectors aren't enough, those needed count as S/4 + 1.
    """
    for partition in wanted.partitions:
        held = HeldOut(data["test_images"], least_pixels=wanted.least_pixels)
        (group,) = held.groups(pixel_mask(network, held.images, partition, None))
        size = min(wanted.samples, len(group)) // 2 * 2
        if not wanted.vectors or size < LEAST_SAMPLES:
            continue
        chosen = drawn_images(group, size, seed)
        (logits,) = crossed(network, partition, held.images[chosen], memory_limit)
        found = kept_vectors(logits, data["test_labels"][chosen], wanted.vectors)
        shared = {"partition": partition, "condition": CONDITIONED, "engine": ENGINE}
        for rank, value in found.accuracies.items():
            yield {**shared, "rank": rank, "quantity": "kept_accuracy", "value": value}
        needed = found.most + 1 if found.needed is None else found.needed
        yield {**shared, "quantity": "kept_whole_accuracy", "value": found.whole}
        yield {**shared, "quantity": "kept_needed", "value": float(needed)}


def thinned(wanted: DependenceSpec) -> DependenceSpec:
    """The same by half as many rows and columns."""
    return wanted.model_copy(update={"samples": max(LEAST_SAMPLES, wanted.samples // 2)})


def additive(network: NetworkSpec, partition: str) -> bool:
    """Whether the log-odds are a sum over both parts: their root averages over windows that the partition leaves whole.

    Args:
        network: one site a pixel.
        partition: a name.
    """
    tree = network.tree
    inside = Partition.of(tree.shape, partition).mask.reshape(-1)[list(tree.order)].reshape(tree.windows[-1], -1)
    whole = bool((inside.all(axis=1) | ~inside.any(axis=1)).all())
    return network.averages and whole


def drawn_images(group: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Numbers of the images whose parts are crossed, those of a seed."""
    return stream("kept", seed).permutation(group)[:size]


def conditions(data: Arrays, wanted: DependenceSpec, controls: bool) -> list[tuple[str, HeldOut]]:
    """The images that composites are made of, by the name of the condition."""
    images, labels = data["test_images"], data["test_labels"]
    found = [(CONDITIONED, HeldOut(images, least_pixels=wanted.least_pixels))]
    if controls:
        found.append((UNCONDITIONED, HeldOut(images)))
        within = HeldOut(images, labels, least_pixels=wanted.least_pixels, within_class=True)
        found.append((WITHIN_CLASS, within))
    return found


def observations(found: DataDependence, entropies: bool) -> list[Row]:
    """One row per quantity that has a value; of the entropies where they are wanted.

    Shares are unbiased: those of a network without any interaction scatter about 0, and aren't clipped.
    """
    values = {
        "interaction_share": found.share.estimate,
        "interaction_share_error": found.share.error,
        "outside_share": found.outside,
    }
    if entropies:
        values |= {
            "posterior_entropy": found.entropy.value,
            "posterior_entropy_error": found.entropy.error if found.entropy.settled else math.nan,
            "posterior_participation": found.participation.value,
            "matched_posterior_entropy": found.matched_entropy.value,
        }
    return [{"quantity": name, "value": value} for name, value in values.items() if not math.isnan(value)]


def label_rows(dataset: DatasetSpec, seed: int, data: Arrays, wanted: DependenceSpec, memory: float) -> Iterator[Row]:
    """Interaction share of the score behind the label, on the composites that the networks of a seed see.

    Raises:
        ArgumentError: the dataset's labels aren't those of a score.
    """
    score = getattr(importlib.import_module(dataset.modules[-1]), "label_score", None)
    if score is None:
        raise ArgumentError(
            f"measure.dependence.label_score: {dataset.kind} has labels without a score; accepted: false, or blobs"
        )

    def scores(images: np.ndarray) -> np.ndarray:
        found: np.ndarray = score(images, dataset.arguments["task"])
        return found

    for row in dependence_rows(scores, seed, data, wanted, controls=False, memory_limit=memory):
        if row["quantity"] in {"interaction_share", "interaction_share_error"}:
            yield {"phase": LABEL, **row}
