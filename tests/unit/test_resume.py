"""A training job, a real process, that SIGKILL ends again and again goes on to the bits of an undisturbed run."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from network_specs import network_spec

from convac.files import read_arrays, write_arrays
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.run import RunSpec
from convac.specs.spec import canonical, digest
from convac.specs.training import TrainingSpec
from convac.training.loop import train

LIVES = Path(__file__).with_name("lives.py")
LIBRARY = Path(__file__).parents[2] / "workflow"
STEPS, KILLS, TRIAL = 200, 6, 30
CHOSEN = {"trials": (0.003, 0.01), "trial_steps": TRIAL, "trial_seeds": 1, "snapshots": (0, 10, 50)}
# per case: the network, how it trains, and deaths beside the random ones
CASES = {
    "arithmetic": ({"windows": (16, 4), "widths": (4, 4)}, {"clip": 1.0}, []),
    "convolutional": ({"widths": (4, 4, 4), "local_dimension": 1}, {"weight_decay": 1e-4}, []),
    "chosen": (
        {"windows": (4, 4, 2, 2), "widths": (3, 3, 3, 3), "weights": "signed"},
        {"warm_up": 0.2, "clip": 1.0, **CHOSEN},
        [("trial", 17, 1), ("step", 1, 1), ("checkpoint.safetensors", 10, 1), ("step", 11, 1), ("step", 50, 7)],
    ),
}


def spec_of(case):
    network, training, _ = CASES[case]
    return RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=network_spec(
            "convolutional" if case == "convolutional" else "arithmetic",
            geometry="square",
            sites=(8, 8),
            **network,
        ),
        training=TrainingSpec(steps=STEPS, batch=16, lr=0.005, log_every=20, seeds=(0, 3), **training),
    )


def made_up(counts):
    """Images whose label says whether most of the upper half is filled."""
    generator, arrays = stream("resume test"), {}
    for part, count in counts.items():
        labels = generator.integers(0, 2, count)
        shares = np.full((count, 8, 8), 0.5)
        shares[:, :4] = np.where(labels == 1, 0.7, 0.3)[:, None, None]
        arrays |= {f"{part}_images": (generator.random((count, 8, 8)) < shares).astype(np.uint8)}
        arrays |= {f"{part}_labels": labels}
    return arrays


def deaths_of(case):
    """(where, step, steps between checkpoints) of every kill: random ones, those of the case, one after training."""
    generator = stream("deaths", case)
    random = [
        (str(generator.choice(["step", "checkpoint.safetensors"])), int(step), int(generator.choice([1, 7])))
        for step in generator.choice(np.arange(2, STEPS - 10), KILLS, replace=False)
    ]
    whole = sorted(random + CASES[case][2], key=lambda death: (death[0] != "trial", death[1]))
    return [*whole, ("history.parquet", STEPS, 1)]


def checkpoints(deaths):
    """The step that every life leaves in the checkpoint."""
    last = [0]
    for where, step, every in deaths:
        reached = 0 if where == "trial" else (step - 1) // every * every
        last.append(max(last[-1], reached))
    return last[1:]


def lived(deaths, words):
    """Exit status and checkpoint of every life of a job, and what they told."""
    environment = os.environ | {"PYTHONPATH": str(LIBRARY), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(LIVES), json.dumps(deaths), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("case", CASES)
def test_a_job_that_is_killed_again_and_again_ends_in_the_same_bits(tmp_path, case):
    spec = spec_of(case)
    arrays = made_up({"train": 150, "test": 60} | ({"validation": 40} if spec.training.trials else {}))
    (tmp_path / "spec.json").write_text(canonical(spec))
    write_arrays(tmp_path / "data.safetensors", arrays, {"spec": digest(spec.dataset)})
    files = {"spec": "spec.json", "data": "data.safetensors", "model": "model.safetensors"}
    files |= {"history": "history.parquet", "record": "run.json"}
    words = ["train", "--device", "cpu"]
    words += [word for name, file in files.items() for word in (f"--{name}", str(tmp_path / file))]

    deaths = deaths_of(case)
    lives, told = lived(deaths, words)
    assert lives == [*([-signal.SIGKILL, step] for step in checkpoints(deaths)), [0, 0]], told[-3000:]
    assert f"resumed at step {STEPS - 1} " in told.splitlines()[-2]

    whole = train(spec, arrays, device="cpu")
    tensors, _ = read_arrays(tmp_path / "model.safetensors")
    assert tensors.keys() == whole.tensors.keys()
    for name, tensor in whole.tensors.items():
        assert tensor.dtype == tensors[name].dtype
        assert tensor.tobytes() == tensors[name].tobytes(), name
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "history.parquet"), whole.history, check_exact=True)
    assert {f"step_{step}.output" for step in spec.training.snapshots} <= tensors.keys()
    rates = whole.history.loc[whole.history["quantity"] == "learning_rate", "value"]
    assert set(rates) <= set(spec.training.trials or (spec.training.lr,))
