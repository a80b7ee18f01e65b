"""What a job costs: estimates for the scheduler and for people, from rates that were measured on one core."""

from math import ceil

from convac.specs import DatasetSpec, RunSpec

STARTUP = 3.0  # seconds of a job that loads torch
IMAGES = ("rendered_train", "rendered_test", "train", "validation", "test")  # parameters that count a dataset's images
# seconds per step and seed at width 16, batch 64, 1,024 sites; weights that differ by position cost more
STEP = {
    "arithmetic": 0.8e-3,
    "windowed": 6e-3,
    "mixture": 3e-3,
    "rectifier": 1.0e-3,
    "overlapping": 20e-3,
    "convolutional": 16e-3,
}
MARGIN = 4  # between the estimate and the limit that a scheduler enforces


def train_seconds(spec: RunSpec) -> float:
    """Expected seconds of a training job on one core."""
    network, training = spec.network, spec.training
    # past the first levels, work per image grows with the sites and the square of the width
    size = 0.5 + 0.5 * (network.tree.sites / 1024) * (max(network.widths) / 16) ** 2
    trials = len(training.trials) * training.trial_steps * min(training.trial_seeds, len(training.seeds))
    work = (training.steps * len(training.seeds) + trials) * (training.batch / 64) * size
    kind = "windowed" if network.options.get("sharing") == "windowed" else network.architecture
    return STARTUP + STEP.get(kind, 1e-3) * work


def minutes(spec: RunSpec) -> int:
    """Time limit of a training job, in minutes."""
    return ceil(MARGIN * train_seconds(spec) / 60) + 2


def memory(spec: RunSpec) -> int:
    """Memory limit of a training job, in MB."""
    network, training = spec.network, spec.training
    activations = 4 * len(training.seeds) * training.batch * network.tree.sites * max(network.widths) * 4 / 2**20
    return ceil(1000 + 4 * activations)


def disk(spec: DatasetSpec) -> int:
    """Disk that a dataset takes, in MB, for the scheduler; an image of one byte a pixel."""
    images = sum(int(spec.parameters.get(key, 0)) for key in IMAGES)
    side = int(spec.parameters.get("side", spec.parameters.get("canvas", 32)))
    return ceil(1 + images * side**2 / 2**20)


def seconds_of(rule: str, runtime: float) -> float:
    """Expected seconds of a job, from its rule and its time limit in minutes."""
    fixed = {"download": 30.0, "dataset": 15.0, "measure": 4.0, "theory": 20.0}
    if rule == "train":
        return (runtime - 2) * 60 / MARGIN
    return 5.0 if rule.startswith("figure_") else fixed.get(rule, 0.5)
