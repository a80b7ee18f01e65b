"""The seeds of a cell in groups that are trained side by side, each a job with its own files.

Seed n is trained in group n // 10, whatever other seeds are asked for: ten more seeds add a job, and finished files
stay as they are. Only a group that wasn't full is trained again once more of its seeds are asked for. In any group a
seed's network is the same to the last bit.
"""

from dataclasses import replace

from convac.experiments.experiment import Cell
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec

# seeds of a full group: a call of torch costs the same for ten as for five (a third of a small network's step), and so
# does starting the job
SIZE = 10


def groups(cell: Cell) -> list[Cell]:
    """The cell once for every group of its seeds, in their order; a theory cell as it is."""
    spec = cell.spec
    if not isinstance(spec, RunSpec):
        return [cell]
    found: dict[int, list[int]] = {}
    for seed in spec.training.seeds:
        found.setdefault(seed // SIZE, []).append(seed)
    parts = [part(spec, tuple(seeds)) for seeds in found.values()]
    return [
        replace(cell, spec=each, measure=cell.measure and cell.measure.of_group(each is parts[0])) for each in parts
    ]


def part(spec: RunSpec, seeds: tuple[int, ...]) -> RunSpec:
    """The run of some of its seeds, on their own images where each has such."""
    dataset = spec.dataset.model_copy(update={"seeds": seeds}) if spec.dataset.seeds else spec.dataset
    return spec.model_copy(update={"dataset": dataset, "training": trained(spec.training, seeds)})


def trained(training: TrainingSpec, seeds: tuple[int, ...]) -> TrainingSpec:
    """The training of some seeds; rates are tried on the seeds of all groups, 0 to their number, so that all have one.

    A group that begins with these says their number alone.
    """
    count = training.trial_seeds
    if isinstance(count, tuple) or not training.trials or seeds[:count] == tuple(range(count)):
        return training.model_copy(update={"seeds": seeds})
    return training.model_copy(update={"seeds": seeds, "trial_seeds": tuple(range(count))})
