"""Short trials: which of a few trees a ConvAC learns with, told by images that it wasn't trained on.

Scores order trees by what they can relate, not by how well a map that is shared over all windows learns it. Trials
decide between the best few: a ConvAC over each is trained for some hundred steps on four fifths of the images that the
advice is given, and judged on the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convac.geometry.trees import PoolingTree
from convac.seeds import stream
from convac.specs.network import Sharing

STEPS = 300  # of a trial
WIDTH = 8  # channels of every level
BATCH = 32
RATE = 0.01
JUDGED = 5  # one in so many images
MOST = 1000  # images that are judged


@dataclass(frozen=True)
class Trial:
    """What one trial trains on and with.

    Attributes:
        tree: over the sites of the images.
        images: (n, N), binary.
        labels: (n,) class numbers from 0.
        classes: of the network.
    """

    tree: PoolingTree
    images: np.ndarray
    labels: np.ndarray
    classes: int


def accuracies(trials: Sequence[Trial], sharing: Sharing = "shared") -> np.ndarray:
    """Fraction of the judged images that each trial's network answers, shape (trials,).

    Trials of the same windows and as many images and classes are trained together.

    Args:
        trials: what to try.
        sharing: of the networks' weights, `shared` over all positions or `windowed`.
    """
    found = np.zeros(len(trials))
    for members in together(trials):
        found[members] = trained([trials[at] for at in members], sharing)
    return found


def together(trials: Sequence[Trial]) -> Iterator[list[int]]:
    """Numbers of the trials that can be trained together."""
    kinds = [(trial.tree.windows, trial.images.shape, trial.classes) for trial in trials]
    for kind in dict.fromkeys(kinds):
        yield [at for at, each in enumerate(kinds) if each == kind]


def trained(trials: Sequence[Trial], sharing: Sharing = "shared") -> np.ndarray:
    """Accuracies on the judged images, shape (trials,), of trials that are trained together."""
    from convac.specs.dataset import DatasetSpec
    from convac.specs.networks.arithmetic import ArithmeticSpec
    from convac.specs.run import RunSpec
    from convac.specs.training import TrainingSpec
    from convac.training.loop import train

    first, numbers = trials[0], tuple(range(len(trials)))
    count = len(first.labels)
    order = stream("advice", "trials").permutation(count)
    held = min(MOST, max(1, count // JUDGED))
    arrays = {}
    for part, chosen in (("train", order[held:]), ("test", order[:held])):
        arrays[f"{part}_images"] = np.stack([trial.images[chosen][:, list(trial.tree.order)] for trial in trials])
        arrays[f"{part}_labels"] = np.stack([trial.labels[chosen] for trial in trials])
    windows = first.tree.windows
    network = ArithmeticSpec(
        initialisation="calibrated",
        sharing=sharing,
        geometry="line",
        sites=(first.tree.sites,),
        windows=windows,
        widths=(WIDTH,) * len(windows),
        classes=first.classes,
    )
    schedule = {"steps": STEPS, "batch": min(BATCH, count - held), "lr": RATE, "betas": (0.9, 0.9), "log_every": STEPS}
    training = TrainingSpec.model_validate({**schedule, "seeds": numbers})
    spec = RunSpec(dataset=DatasetSpec(seeds=numbers), network=network, training=training)
    history = train(spec, arrays, device="cpu").history
    rows = history[(history["quantity"] == "test_accuracy") & (history["step"] == STEPS)]
    return np.asarray(rows.sort_values("seed")["value"])
