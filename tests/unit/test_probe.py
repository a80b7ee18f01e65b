"""The probe looks at every network and theory job of a scale at its true size, and adds up what a cluster would do."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from convac.cli import main
from convac.commands.probe import budget, isolated, largest, probed, probed_theory, random_images
from convac.experiments.image_runs import template
from convac.experiments.recurrent_memory.jobs import Grid
from convac.planning.plan import JobKey, Plan
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import Run

CONFIG = str(Path(__file__).parents[2] / "config.yaml")
SLOW = {
    "depth": 1,
    "local_dimensions": (2, 3, 4, 5, 6, 7),
    "widths": (1, 2, 3, 4, 5),
    "shortest": 1,
    "longest": 8,
    "entries": 1048576,
    "draws": 20,
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(yaml.safe_load(Path(CONFIG).read_text()))


def test_it_prints_networks_then_what_each_experiment_takes(capsys, monkeypatch):
    monkeypatch.chdir(Path(CONFIG).parent)
    main(["probe", "--scale", "smoke", "--experiment", "trained_entanglement", "--steps", "1", "--device", "cpu"])
    networks, experiments, note = capsys.readouterr().out.strip().split("\n\n")
    lines = networks.splitlines()
    assert lines[0].split()[:4] == ["cell", "seeds", "steps", "ms"]
    assert len(lines) == 1 + 18
    header, *rows = experiments.splitlines()
    assert header.split() == ["experiment", "jobs", "core-hours", "GPU-hours", "GB", "memory", "GB", "disk"]
    assert [row.split()[0] for row in rows] == ["trained_entanglement", "all"]
    assert rows[0].split()[1:] == rows[1].split()[1:]
    assert note.startswith("18 jobs were timed")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--experiment", "nonsense"], "--experiment: 'nonsense' is unknown; accepted: pooling_geometry"),
        (["--steps", "0"], "--steps: 0; accepted: an integer from 1 up"),
        (["--seconds", "0"], "--seconds: 0.0; accepted: a number above 0"),
        (["--config", "missing.yaml"], "missing.yaml: no such file or directory; accepted: a file of YAML or JSON"),
    ],
)
def test_mistakes_are_one_line(arguments, line, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["probe", "--config", CONFIG, *arguments])
    assert caught.value.code == 1
    assert line in capsys.readouterr().err


def test_trials_and_evaluations_count():
    network = template("ConvNet", 16, 2, 3).model_copy(update={"widths": (2, 2, 2)})
    training = TrainingSpec(steps=1000, lr=0.1, seeds=(0, 1), trials=(0.1, 0.2), trial_steps=250, trial_seeds=2)
    spec = RunSpec(dataset=DigitsSpec(source="digits", seed=0, size=8, test=1), network=network, training=training)
    assert random_images(spec)["train_images"].shape[1:] == (16, 16)
    found = probed(spec, 1, 10.0, "cpu")
    assert found.hours == pytest.approx(found.seen * 1.5 / 3600, rel=0.2)  # one image is evaluated
    dataset = DigitsSpec(source="digits", seed=0, size=8, test=10**6)
    assert probed(spec.model_copy(update={"dataset": dataset}), 1, 10.0, "cpu").hours > 10 * found.hours


def test_draws_of_every_seed_are_probed_as_such(plan):
    spec = next(spec for spec in plan.runs.values() if spec.dataset.seeds)
    arrays = random_images(spec)
    assert arrays["test_labels"].shape[0] == arrays["train_images"].shape[0] == len(spec.training.seeds)
    assert not np.array_equal(*arrays["train_images"][:2])
    assert probed(spec, 1, 10.0, "cpu").hours > 0


def test_every_network_of_a_scale_can_be_probed(plan):
    kinds = {}
    for spec in plan.runs.values():
        kinds.setdefault((spec.network.kind, spec.dataset.kind), spec)
    assert {"rac", "gru", "simnet", "dilated", "mixture", "overlapping"} <= {network for network, _ in kinds}
    for spec in kinds.values():
        arrays = random_images(spec)
        assert Run(spec, arrays, torch.device("cpu")).parts["train"].images > 0


def test_the_others_of_a_kind_follow_the_largest(plan, capsys, monkeypatch):
    jobs = plan.jobs("smoke", "overlaps_trained")
    alike = largest(plan, jobs)
    assert set(alike) == {job for job in jobs if job.rule == "train"}
    for job, kin in alike.items():
        assert plan.runs[job.name].network.kind == plan.runs[kin.name].network.kind
        assert plan.needs(*job).seconds <= plan.needs(*kin).seconds
    assert len(set(alike.values())) == 2
    monkeypatch.chdir(Path(CONFIG).parent)
    main(
        [
            "probe",
            "--scale",
            "smoke",
            "--experiment",
            "overlaps_trained",
            "--steps",
            "1",
            "--largest",
            "--device",
            "cpu",
        ]
    )
    assert "2 jobs were timed" in capsys.readouterr().out


def test_a_theory_job_is_followed_from_its_first_items():
    seconds = 1.0
    found = isolated(probed_theory, Grid(**SLOW), seconds)
    assert 0 < found.seen < 1
    # it is stopped between two instructions of Python, which may be late
    assert 0.9 * seconds < 3600 * found.hours * found.seen < 20 * seconds
    small = {**SLOW, "local_dimensions": (2,), "widths": (1,), "longest": 1, "draws": 1}
    done = isolated(probed_theory, Grid(**small), 60.0)
    assert done.seen == 1
    assert done.hours < 60 / 3600
    first = {**SLOW, "local_dimensions": (4,), "widths": (5,), "shortest": 5}  # some seconds long
    nothing = isolated(probed_theory, Grid(**first), 0.01)
    assert nothing.seen == 0
    assert math.isnan(nothing.hours)


def test_a_probe_that_dies_takes_nothing_with_it():
    assert isolated(os._exit, 1) is None
    assert isolated(abs, -1) == 1


def test_a_budget_adds_up(plan):
    jobs = plan.jobs("paper", "pooling_geometry")
    assert len(jobs) == len(set(jobs))
    hours = dict.fromkeys(jobs, 2.0)
    trained = sum(job.rule == "train" for job in jobs)
    found = budget(plan, jobs, hours, on_gpu=True)
    assert found["jobs"] == len(jobs)
    assert (found["core-hours"], found["GPU-hours"]) == (2 * (len(jobs) - trained), 2 * trained)
    assert budget(plan, jobs, hours, on_gpu=False)["core-hours"] == 2 * len(jobs)
    assert found["GB memory"] == max(plan.needs(*job).mem_mb() for job in jobs) / 1000
    assert JobKey("figure", "pooling_geometry") in jobs
