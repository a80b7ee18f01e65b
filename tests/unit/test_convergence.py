"""When training counts as converged, and what is said of networks that hadn't."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from convac.claims.claims import Claim
from convac.claims.verdicts import evaluate, evaluate_all
from convac.plotting.primitives import RING, RINGED, curves, dots, drawn, not_converged, per_seed, rows
from convac.plotting.style import figure
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.run import RunSpec
from convac.specs.training import Schedule, TrainingSpec
from convac.training.convergence import converged, decisive_steps
from convac.training.history import History
from convac.training.loop import train

SCHEDULE = Schedule(steps=100, lr=0.1)
CLAIM = Claim(
    id="converged-example",
    statement="A beats B by more than 0.05",
    source="none",
    origin="ours",
    role="secondary",
    where={"quantity": "test_accuracy"},
    first={"geometry": "A"},
    second={"geometry": "B"},
    threshold=0.05,
    expected=(0.9, 0.7),
)


def history(*seeds):
    """The history of seeds, each with its losses after the two decisive steps and its accuracy at the end."""
    made = History(range(len(seeds)))
    before, after, accuracy = np.array(seeds).T
    first, last = decisive_steps(SCHEDULE)
    made.record(first, "loss", before)
    made.record(last, "loss", after)
    made.record(SCHEDULE.steps, "train_accuracy", accuracy)
    return made


@pytest.mark.parametrize(
    ("before", "after", "accuracy", "expected"),
    [
        (0.5, 0.46, 0.8, True),
        (0.5, 0.44, 0.8, False),  # still falls
        (0.5, 0.56, 0.8, False),  # rises
        (0.01, 0.001, 0.995, True),  # has learnt all
        (0.0, 0.0, 0.5, True),
    ],
)
def test_the_rule_reads_the_losses_before_the_drop(before, after, accuracy, expected):
    found = converged(history((before, after, accuracy), (0.5, 0.1, 0.2)), SCHEDULE)
    assert found.tolist() == [expected, False]


def test_the_last_fifth_ends_at_the_drop():
    assert decisive_steps(SCHEDULE) == (64, 80)
    # too short to tell: what hasn't learnt hasn't converged
    short = Schedule(steps=1, lr=0.1)
    made = History([0])
    made.record(0, "loss", np.array([0.5]))
    made.record(1, "train_accuracy", np.array([0.5]))
    assert converged(made, short).tolist() == [False]


def test_every_run_says_whether_it_had():
    generator = stream("convergence test")
    labels = generator.integers(0, 2, 120)
    images = (generator.random((120, 4, 4)) < np.where(labels == 1, 0.75, 0.25)[:, None, None]).astype(np.uint8)
    arrays = {
        f"{part}_{kind}": own for part in ("train", "test") for kind, own in (("images", images), ("labels", labels))
    }
    spec = RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=ArithmeticSpec(geometry="square", sites=(4, 4), widths=(2, 2)),
        training=TrainingSpec(steps=40, batch=16, lr=0.03, log_every=40, seeds=(5, 8)),
    )
    table = train(spec, arrays).history
    assert sorted(table.loc[table["quantity"] == "loss", "step"].unique()) == [0, *decisive_steps(spec.training), 40]
    found = table[table["quantity"] == "converged"].set_index("seed")["value"]
    assert list(found.index) == [5, 8]
    loss = table[table["quantity"] == "loss"].pivot_table(index="seed", columns="step", values="value")
    final = table[(table["quantity"] == "train_accuracy") & (table["step"] == 40)].set_index("seed")["value"]
    expected = (abs(loss[32] / loss[25] - 1) <= 0.1) | (final >= 0.99)
    assert (found == expected).all()


def table_of(states):
    """Ten seeds of A and B, A better by 0.2; `states` says which networks had converged, by geometry."""
    rows = []
    for geometry, value in (("A", 0.9), ("B", 0.7)):
        for seed in range(10):
            row = {"cell": geometry, "network": "ConvAC", "geometry": geometry, "seed": seed, "step": 100}
            rows.append({**row, "quantity": "test_accuracy", "value": value + seed / 1000})
            if geometry in states:
                rows.append({**row, "quantity": "converged", "value": float(seed < states[geometry])})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ({}, "reproduced"),  # tables of before the rule
        ({"A": 10, "B": 8}, "reproduced"),
        ({"A": 10, "B": 7}, "not converged"),
        ({"A": 7, "B": 10}, "not converged"),
        ({"B": 0}, "not converged"),
    ],
)
def test_claims_need_four_fifths_of_the_networks_on_each_side(states, verdict):
    found = evaluate(CLAIM, table_of(states))
    assert found.verdict == verdict
    assert found.mean == pytest.approx(0.2)
    assert (found.p_adjusted == 1) == (verdict == "not converged")


def test_bad_results_are_hidden_as_good_ones_are():
    opposite = replace(CLAIM, first={"geometry": "B"}, second={"geometry": "A"})
    assert evaluate(opposite, table_of({})).verdict == "contradicted"
    assert evaluate(opposite, table_of({"A": 0})).verdict == "not converged"


def test_theorems_hold_of_any_network():
    exact = replace(CLAIM, id="exact", kind="exact")
    check = replace(CLAIM, id="check", origin="check")
    found = evaluate_all([exact, check], table_of({"A": 0, "B": 0}))
    assert found["verdict"].tolist() == ["reproduced", "reproduced"]


def test_figures_say_how_many_had_not():
    assert not_converged(table_of({"A": 10, "B": 10})) == ""
    assert not_converged(pd.DataFrame()) == ""
    table = table_of({"A": 8, "B": 10})
    made = drawn({"": lambda _: figure(3, 2), "examples": lambda _: figure(3, 2)}, table)
    told = {
        part: [text.get_text() for text in each.texts if "Not converged" in text.get_text()]
        for part, each in made.items()
    }
    assert told == {"": ["Not converged: 2 of 20 ConvAC"], "examples": []}


def rings(axes):
    """Places of the rings of an axes."""
    return [tuple(each.get_offsets()[0]) for each in axes.collections if each.get_gid() == RING]


def marked(table, draw):
    """The axes on which a table is drawn, and what stands below."""

    def made(found):
        each = figure(3, 2)
        draw(each.subplots(), found)
        return each

    (made_figure,) = drawn({"": made}, table).values()
    return made_figure.axes[0], " ".join(" ".join(text.get_text() for text in made_figure.texts).split())


@pytest.mark.parametrize(("share", "ringed"), [(10, False), (8, False), (7, True), (0, True)])
def test_points_of_networks_that_had_not_are_ringed(share, ringed):
    def draw(axes, found):
        for place, name in enumerate("AB"):
            dots(axes, place, per_seed(rows(found, geometry=name, quantity="test_accuracy")), "black", "o")

    axes, told = marked(table_of({"A": share, "B": 10}), draw)
    assert [at for at, _ in rings(axes)] == [0.0] * ringed
    assert (RINGED in told) == ringed


def test_curves_are_ringed_at_their_last_step_or_at_every_width():
    table = table_of({"A": 0})
    early = table[table["quantity"] == "test_accuracy"].assign(step=50)
    table = pd.concat([table, early])

    def draw(axes, found):
        curves(axes, rows(found, geometry="A", quantity="test_accuracy"))

    assert [at for at, _ in rings(marked(table, draw)[0])] == [100.0]
    widths = pd.concat([table_of({"A": 0}).assign(width=8), table_of({"A": 0}).assign(width=16, cell="wide")])

    def by_width(axes, found):
        curves(axes, rows(found, geometry="A", quantity="test_accuracy"), x="width")

    assert [at for at, _ in rings(marked(widths, by_width)[0])] == [8.0, 16.0]


def test_untrained_networks_are_not_ringed():
    table = table_of({"A": 0}).assign(phase="untrained")
    table.loc[table["quantity"] == "converged", "phase"] = None
    axes, told = marked(table, lambda axes, found: dots(axes, 0, per_seed(rows(found, geometry="A")), "black", "o"))
    assert not rings(axes)
    assert "Not converged: 10 of 10 ConvAC" in told
    assert RINGED not in told
