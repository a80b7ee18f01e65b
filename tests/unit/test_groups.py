"""Seeds in groups: which there are, which specs they have, and that they are trained alike."""

from pathlib import Path

import numpy as np
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
        (range(10), [tuple(range(10))]),
        (range(22), [tuple(range(10)), tuple(range(10, 20)), (20, 21)]),
        ((9, 10, 100, 101), [(9,), (10,), (100, 101)]),
    ],
)
def test_a_seed_belongs_to_one_group_whatever_others_there_are(seeds, expected):
    assert [part.spec.training.seeds for part in groups(Cell(spec(seeds)))] == expected


def test_the_seeds_of_one_group_are_one_run():
    cell = Cell(spec(range(10), trials=(0.1, 0.2)), {"width": 3}, MeasureSpec(measurements=(EntanglementSpec(),)))
    assert groups(cell) == [cell]
    theory = Cell(Loop(cases=3))
    assert groups(theory) == [theory]


def test_all_groups_choose_their_rate_by_the_same_seeds():
    first, second = (part.spec.training for part in groups(Cell(spec(range(13), trials=(0.1, 0.2), trial_seeds=3))))
    assert (first.trial_seeds, second.trial_seeds) == (3, (0, 1, 2))
    assert first.tried == second.tried == (0, 1, 2)
    named = groups(Cell(spec(range(13), trials=(0.1, 0.2), trial_seeds=(7, 9))))
    assert [part.spec.training.tried for part in named] == [(7, 9)] * 2
    # without trials nothing is tried, and no spec says so
    assert all(part.spec.training.trial_seeds == 2 for part in groups(Cell(spec(range(13)))))


def test_example_images_are_those_of_one_seed():
    missing = MissingSpec(kinds=("points",), rates=(0.5,), imputations=("zero",), examples=0.5)
    measure = MeasureSpec(measurements=(missing,))
    first, second = (part.measure.measurements[0] for part in groups(Cell(spec(range(13)), {}, measure)))
    assert first == missing
    assert second == missing.model_copy(update={"examples": None})


@pytest.mark.parametrize("name", ["pooling_geometry", "missing_data", "layer_widths", "trained_entanglement"])
def test_more_seeds_add_jobs_and_change_none(name):
    ten, more, listed = (planned(seeds, name) for seeds in (10, 22, [*range(10), 101, 100]))
    assert trained(ten, name) == trained(planned([*range(9, -1, -1)], name), name)
    assert trained(ten, name).items() < trained(more, name).items()
    assert trained(ten, name).items() < trained(listed, name).items()
    assert len(trained(more, name)) == 3 * len(trained(ten, name))
    assert ten.measures.items() <= more.measures.items()


def test_the_table_knows_a_cell_by_one_name():
    ten, more = (planned(seeds).studies["laptop", "pooling_geometry"].entries() for seeds in (10, 22))
    assert {entry["cell"] for entry in ten} == {entry["cell"] for entry in more}
    assert len(more) > 2 * len(ten)


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


def test_groups_are_all_seeds_at_once_to_the_last_bit(arrays):
    whole = spec(range(13), trials=(1e-4, 0.05), trial_steps=30)
    together = train(whole, arrays)
    apart = [train(part.spec, arrays) for part in groups(Cell(whole))]
    assert len(apart) == 2
    for name, tensor in together.tensors.items():
        np.testing.assert_array_equal(np.concatenate([each.tensors[name] for each in apart]), tensor)
    rates = [rows.loc[rows["quantity"] == "learning_rate", "value"] for rows in (each.history for each in apart)]
    assert {0.05} == set(np.concatenate(rates)) == set(together.history.query("quantity == 'learning_rate'")["value"])
    assert not np.array_equal(together.tensors["level_1"][0], together.tensors["level_1"][10])


def test_the_first_group_is_the_same_run():
    ten, more = groups(Cell(spec(range(10))))[0].spec, groups(Cell(spec(range(13))))[0].spec
    assert folder(ten) == folder(more)
