"""Seeds in groups: which there are, which specs they have, and that they are trained alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convac.errors import ConfigError
from convac.experiments.experiment import Cell
from convac.experiments.min_cut.jobs import Loop
from convac.planning.groups import groups
from convac.planning.plan import Plan
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.entanglement import EntanglementSpec
from convac.specs.measurements.missing import MissingSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec, folder
from convac.specs.training import TrainingSpec
from convac.training.loop import train

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))


def spec(seeds, **training):
    return RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=ArithmeticSpec(geometry="square", sites=(4, 4), widths=(3, 3)),
        training=TrainingSpec(
            **{"steps": 40, "batch": 16, "lr": 0.03, "log_every": 20, "seeds": tuple(seeds), **training}
        ),
    )


def planned(seeds, name="pooling_geometry"):
    """The plan of one experiment with these seeds at laptop scale."""
    block = {**CONFIG["experiments"][name], "seeds": seeds}
    block |= {"further_seeds": 1000} if "further_seeds" in block else {}  # all of them, for every network
    return Plan({"experiments": {name: block}})


def trained(plan, name="pooling_geometry"):
    """Folders and specs of the runs at laptop scale."""
    cells = plan.studies["laptop", name].cells
    return {name: plan.spec("runs", name) for name, cell in cells.items() if isinstance(cell.spec, RunSpec)}


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        (range(5), [(0, 1, 2, 3, 4)]),
        (range(12), [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9), (10, 11)]),
        ((4, 5, 100, 101), [(4,), (5,), (100, 101)]),
    ],
)
def test_a_seed_belongs_to_one_group_whatever_others_there_are(seeds, expected):
    assert [part.spec.training.seeds for part in groups(Cell(spec(seeds)))] == expected


def test_five_seeds_are_the_run_that_they_were():
    cell = Cell(spec(range(5), trials=(0.1, 0.2)), {"width": 3}, MeasureSpec(measurements=(EntanglementSpec(),)))
    assert groups(cell) == [cell]
    theory = Cell(Loop(cases=3))
    assert groups(theory) == [theory]


def test_all_groups_choose_their_rate_by_the_same_seeds():
    first, second = (part.spec.training for part in groups(Cell(spec(range(8), trials=(0.1, 0.2), trial_seeds=3))))
    assert (first.trial_seeds, second.trial_seeds) == (3, (0, 1, 2))
    assert first.tried == second.tried == (0, 1, 2)
    named = groups(Cell(spec(range(8), trials=(0.1, 0.2), trial_seeds=(7, 9))))
    assert [part.spec.training.tried for part in named] == [(7, 9)] * 2
    # without trials nothing is tried, and no spec says so
    assert all(part.spec.training.trial_seeds == 2 for part in groups(Cell(spec(range(8)))))


def test_example_images_are_those_of_one_seed():
    missing = MissingSpec(kinds=("points",), rates=(0.5,), imputations=("zero",), examples=0.5)
    measure = MeasureSpec(measurements=(missing,))
    first, second = (part.measure.measurements[0] for part in groups(Cell(spec(range(8)), {}, measure)))
    assert first == missing
    assert second == missing.model_copy(update={"examples": None})


@pytest.mark.parametrize("name", ["pooling_geometry", "missing_data", "layer_widths", "trained_entanglement"])
def test_more_seeds_add_jobs_and_change_none(name):
    five, twelve, listed = (planned(seeds, name) for seeds in (5, 12, [0, 1, 2, 3, 4, 101, 100]))
    assert trained(five, name) == trained(planned([4, 3, 2, 1, 0], name), name)
    assert trained(five, name).items() < trained(twelve, name).items()
    assert trained(five, name).items() < trained(listed, name).items()
    assert len(trained(twelve, name)) == 3 * len(trained(five, name))
    assert five.measures.items() <= twelve.measures.items()


def test_the_table_knows_a_cell_by_one_name():
    five, twelve = (planned(seeds).studies["laptop", "pooling_geometry"].entries() for seeds in (5, 12))
    assert {entry["cell"] for entry in five} == {entry["cell"] for entry in twelve}
    assert len(twelve) > 2 * len(five)


@pytest.mark.parametrize(
    ("seeds", "told"),
    [
        ([1, 1], "seeds: 1 appears twice; accepted: every entry once"),
        ([], "seeds: "),
        (0, "seeds: 0 is not accepted"),
        ([-1], "seeds"),
        ("five", "seeds: "),
        (1001, "seeds: 1001 is not accepted"),
    ],
)
def test_seeds_that_are_none_are_refused_in_one_line(seeds, told):
    with pytest.raises(ConfigError) as refused:
        planned(seeds)
    line = str(refused.value)
    assert told in line
    assert "accepted" in line
    assert line.startswith("experiments.pooling_geometry")


@pytest.fixture(scope="module")
def arrays():
    generator = stream("groups test")
    found = {}
    for name, count in (("train", 200), ("validation", 60), ("test", 300)):
        labels = generator.integers(0, 2, count)
        shares = np.where(labels == 1, 0.6, 0.4)[:, None, None]
        found[f"{name}_images"] = (generator.random((count, 4, 4)) < shares).astype(np.uint8)
        found[f"{name}_labels"] = labels
    return found


def last(results):
    """Final test accuracy by seed, and the rate."""
    history = pd.concat([result.history for result in results])
    found = history[history["step"] == history["step"].max()]
    accuracies = found[found["quantity"] == "test_accuracy"].set_index("seed")["value"]
    return accuracies, set(history[history["quantity"] == "learning_rate"]["value"])


def test_groups_end_where_all_seeds_at_once_do(arrays):
    whole = spec(range(7), steps=150, trials=(1e-4, 0.05), trial_steps=30)
    together, rate = last([train(whole, arrays)])
    apart, rates = last([train(part.spec, arrays) for part in groups(Cell(whole))])
    assert rate == rates == {0.05}
    assert apart.index.tolist() == together.index.tolist() == list(range(7))
    # rounding differs between batches of other sizes: by two images at most
    assert (abs(apart - together) * 300).max() <= 2 + 1e-9
    assert together.nunique() > 1


def test_the_first_group_is_the_same_run_to_the_last_bit(arrays):
    five, more = groups(Cell(spec(range(5))))[0].spec, groups(Cell(spec(range(7))))[0].spec
    assert folder(five) == folder(more)
    first, second = train(five, arrays), train(more, arrays)
    assert all(np.array_equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
