"""The training loop on windowed and overlapping ConvACs and on ConvNets: they learn, and a killed run goes on."""

from functools import cache

import numpy as np
import pytest
from killing import Killed, killed_at
from network_specs import spec_of

from convac.files import read_arrays
from convac.seeds import stream
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import train

RUNS = {
    "windowed": ("arithmetic", {"sharing": "windowed", "initialisation": "diagonal", "representation": "affine"}),
    "windowed, signed": ("arithmetic", {"sharing": "windowed", "initialisation": "diagonal", "weights": "signed"}),
    "located": ("arithmetic", {"sharing": "located", "initialisation": "diagonal", "representation": "affine"}),
    "overlapping": ("overlapping", {"kernel": 3}),
    "overlapping, affine": ("overlapping", {"kernel": 3, "representation": "affine", "weights": "signed"}),
    "max": ("convolutional", {"kernel": 3, "pooling": "max"}),
    "average": ("convolutional", {"kernel": 2, "pooling": "average"}),
}
RATES = {"arithmetic": 0.02, "overlapping": 0.05, "convolutional": 0.03}


def run_spec(name, **training):
    architecture, options = RUNS[name]
    return RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=spec_of(architecture, options, sites=(8, 8), widths=(4, 4, 4)),
        training=TrainingSpec(**{"batch": 16, "lr": RATES[architecture], "seeds": (0, 1), **training}),
    )


@cache
def arrays():
    """Images whose label says whether most of the pixels are filled: easy to learn."""
    generator = stream("training test")
    made = {}
    for part, count in (("train", 120), ("test", 60)):
        labels = generator.integers(0, 2, count)
        shares = np.where(labels == 1, 0.7, 0.3)[:, None, None]
        made |= {f"{part}_images": (generator.random((count, 8, 8)) < shares).astype(np.uint8)}
        made |= {f"{part}_labels": labels}
    return made


@pytest.mark.parametrize("name", RUNS)
def test_networks_learn(name):
    history = train(run_spec(name, steps=50, clip=1.0), arrays()).history
    values = history.set_index(["quantity", "step", "seed"])["value"]
    for seed in (0, 1):
        assert values["loss", 50, seed] < 0.5 * values["loss", 0, seed]
        assert values["test_accuracy", 50, seed] > 0.85
    scales = set() if RUNS[name][0] == "convolutional" else {"log_scale", "initial_log_scale"}
    assert set(history["quantity"]) & {"log_scale", "initial_log_scale"} == scales


# Seven steps and a half are an epoch; the rate drops after step 9.
INTERRUPTED = {"steps": 12, "log_every": 5, "weight_decay": 1e-4, "clip": 1.0}


@cache
def uninterrupted(name):
    return train(run_spec(name, **INTERRUPTED), arrays())


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("stop", [8, 11])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, monkeypatch, name, stop):
    run, path = run_spec(name, **INTERRUPTED), tmp_path / "checkpoint.safetensors"
    with monkeypatch.context() as patch:
        killed_at(patch, stop)
        with pytest.raises(Killed):
            train(run, arrays(), checkpoint=path)
    assert int(read_arrays(path)[0]["step"][0]) == stop - 1
    whole, resumed = uninterrupted(name), train(run, arrays(), checkpoint=path)
    assert whole.tensors.keys() == resumed.tensors.keys()
    assert all(np.array_equal(tensor, resumed.tensors[name]) for name, tensor in whole.tensors.items())
    assert whole.history.equals(resumed.history)
