"""The probe times every network of a scale at its true size."""

from pathlib import Path

import pytest

from convac.cli import main
from convac.commands.probe import probed, random_images
from convac.contract.image_runs import template
from convac.specs import DatasetSpec, RunSpec, TrainingSpec

CONFIG = str(Path(__file__).parents[2] / "config.yaml")


def test_it_prints_a_row_per_network_and_the_total(capsys, monkeypatch):
    monkeypatch.chdir(Path(CONFIG).parent)
    main(["probe", "--scale", "smoke", "--experiment", "trained_entanglement", "--steps", "1", "--device", "cpu"])
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[0].split() == ["cell", "seeds", "steps", "ms", "a", "step", "hours"]
    assert lines[-1].startswith("5 networks, about ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--experiment", "nonsense"], "--experiment: 'nonsense' is unknown; accepted: pooling_geometry"),
        (["--steps", "0"], "--steps: 0; accepted: an integer from 1 up"),
        (["--config", "missing.yaml"], "missing.yaml: no such file; expected a YAML file"),
    ],
)
def test_mistakes_are_one_line(arguments, line, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["probe", "--config", CONFIG, *arguments])
    assert caught.value.code == 1
    assert line in capsys.readouterr().err


def test_trials_count():
    network = template("ConvNet", 16, 2, 3).model_copy(update={"widths": (2, 2, 2)})
    training = TrainingSpec(steps=1000, lr=0.1, seeds=(0, 1), trials=(0.1, 0.2), trial_steps=250, trial_seeds=2)
    spec = RunSpec(dataset=DatasetSpec(name="digits"), network=network, training=training)
    assert random_images(spec)["train_images"].shape == (256, 16, 16)
    found = probed(spec, 1, "cpu")
    assert found["hours"] == pytest.approx(found["ms a step"] * 1.5 / 3600)
