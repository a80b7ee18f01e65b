"""Trained networks from the folders of runs: every kind is loaded as it was trained, and measured."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from network_specs import network_spec

import convac
from convac.circuits.files import read_circuit
from convac.circuits.tree import Circuit
from convac.cli import main
from convac.commands.entanglement import measured
from convac.errors import ArgumentError, FileError
from convac.files import read_arrays, write_arrays, write_json
from convac.measurement.trained import Trained
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.measurements.entanglement import EntanglementSpec
from convac.specs.run import RunSpec, folder
from convac.specs.spec import digest
from convac.specs.training import TrainingSpec
from convac.training.loop import load, train
from convac.training.runs import load_run, measurable

AFFINE = {"representation": "affine", "brightest": 5}
# architecture, options, local dimension, the brightest pixel, pixels of a side, whether it is a circuit
KINDS = {
    "arithmetic": ("arithmetic", {}, 2, 1, 4, True),
    "signed": ("arithmetic", {"weights": "signed", "sharing": "located"}, 2, 1, 4, True),
    "affine": ("arithmetic", AFFINE, 2, 5, 4, True),
    "patches": ("arithmetic", {**AFFINE, "patch": 2}, 8, 5, 8, True),
    "mixture": ("mixture", {"leaves": "categorical"}, 3, 1, 4, True),
    "rectifier": ("rectifier", {}, 2, 1, 4, False),
    "rectifier of three symbols": ("rectifier", {}, 3, 2, 2, False),
    "convolutional": ("convolutional", {"kernel": 3}, 1, 1, 4, False),
    "convolutional of grey values": ("convolutional", {"kernel": 3, "brightest": 5}, 1, 5, 4, False),
    "convolutional of patches": ("convolutional", {"kernel": 3, "patch": 2}, 4, 1, 4, False),
    "overlapping": ("overlapping", {"kernel": 3}, 2, 1, 4, False),
}
SEEDS = (0, 3, 7)


def spec_of(kind):
    architecture, options, local_dimension, _, side, _ = KINDS[kind]
    side //= int(options.get("patch", 1))
    return RunSpec(
        dataset=BlobsSpec(task="closedness", seed=0),
        network=network_spec(
            architecture,
            geometry="square",
            sites=(side, side),
            widths=(3, 3)[: side // 2],
            local_dimension=local_dimension,
            **options,
        ),
        training=TrainingSpec(steps=3, batch=8, lr=0.01, seeds=SEEDS, snapshots=(1,)),
    )


def images_of(kind, count, seed):
    _, _, _, brightest, side, _ = KINDS[kind]
    return np.random.default_rng(seed).integers(0, brightest + 1, (count, side, side)).astype(np.uint8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """By kind, the folder of a run as the workflow leaves it."""
    root = tmp_path_factory.mktemp("results") / "runs"
    found = {}

    def make(kind):
        if kind not in found:
            spec = spec_of(kind)
            arrays = {f"{part}_images": images_of(kind, 24, number) for number, part in enumerate(("train", "test"))}
            arrays |= {f"{part}_labels": np.arange(24) % 2 for part in ("train", "test")}
            place = root / folder(spec)
            write_json(place / "spec.json", spec.model_dump(mode="json"))
            write_arrays(place / "model.safetensors", train(spec, arrays, device="cpu").tensors, {"spec": digest(spec)})
            found[kind] = place
        return found[kind]

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_is_loaded_replica_by_replica(trained, kind):
    place = trained(kind)
    tensors, _ = read_arrays(place / "model.safetensors")
    whole = load(spec_of(kind), tensors)
    images = images_of(kind, 9, 5)
    expected = whole(whole.encode(images))
    together = load_run(place, None)
    assert together.seeds == SEEDS
    assert torch.equal(together(together.encode(images)), expected)
    for replica, seed in enumerate(SEEDS):
        one = load_run(str(place), np.int64(replica))
        assert one.seeds == (seed,)
        for name, parameter in one.named_parameters():
            assert np.array_equal(parameter.detach()[0], tensors[name][replica])
        assert torch.allclose(one(one.encode(images))[0], expected[replica], rtol=1e-5, atol=1e-5)
        function = whole.function(replica)
        logits, scores = expected[replica].detach().numpy(), function(images)
        np.testing.assert_allclose(np.diff(scores), np.diff(logits), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(function(images.astype(float)), function(images))
    assert not torch.allclose(expected[0], expected[1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_is_measured_as_the_workflow_does(trained, kind, capsys):
    place, replica = trained(kind), 2
    tensors, _ = read_arrays(place / "model.safetensors")
    history = pd.DataFrame({"seed": [], "step": [], "quantity": [], "value": []})
    wanted = MeasureSpec(measurements=(EntanglementSpec(partitions=("left-right",), label=1),))
    table = pd.DataFrame(measured(Trained(spec_of(kind), tensors, history, {}), wanted))
    rows = table[(table["seed"] == SEEDS[replica]) & (table["phase"] == "trained")].set_index("quantity")["value"]
    options = ["measure", "--run", str(place), "--partition", "left-right", "--class", "1", "--json"]
    main([*options, "--replica", str(replica)])
    found = json.loads(capsys.readouterr().out)
    source = measurable(load_run(place, replica))
    assert isinstance(source, Circuit) == KINDS[kind][-1]
    direct = convac.measure(source, "left-right", output=1)
    assert found["entropy"] == direct.entropy
    assert found["engine"] == direct.engine
    assert found["entropy"] == pytest.approx(rows["entropy"], abs=1e-5)
    assert found["schmidt_number"] >= 1
    main(options)
    assert json.loads(capsys.readouterr().out)["entropy"] != found["entropy"]


def test_a_circuit_is_measured_by_the_network_itself(trained):
    network = convac.load_run(trained("arithmetic"), replica=1)
    assert convac.measure(network, [0]).entropy == convac.measure(network.circuit(), [0]).entropy


def test_a_network_that_is_no_circuit_says_what_can_be_done(trained):
    network = load_run(trained("convolutional of grey values"))
    with pytest.raises(ArgumentError, match=r"ConvNet is no arithmetic circuit.*network\.function\(\).*sites=\(4, 4\)"):
        convac.measure(network, "left-right")
    by_hand = convac.measure(network.function(), "left-right", sites=(4, 4), templates=[0, 5])
    assert by_hand.entropy == convac.measure(measurable(network), "left-right").entropy


def test_functions_of_networks_take_whole_numbers_alone(trained):
    function = load_run(trained("convolutional")).function()
    with pytest.raises(ArgumentError, match="images: float64; accepted: integers"):
        function(np.full((2, 4, 4), 0.5))
    with pytest.raises(ArgumentError, match=r"images: values 0\.\.2; accepted: 0\.\.1"):
        function(np.arange(48).reshape(3, 4, 4) % 3)
    with pytest.raises(ArgumentError, match="replica"):
        load_run(trained("convolutional")).function(1)


@pytest.mark.parametrize("replica", [3, -1, 1.0, True, "0"])
def test_there_are_as_many_replicas_as_seeds(trained, replica):
    with pytest.raises(ArgumentError, match=r"replica: .*accepted: an integer from 0 to 2"):
        load_run(trained("arithmetic"), replica)


def test_what_is_no_trained_run_is_refused_by_name(trained, tmp_path):
    place = trained("arithmetic")
    for absent in (tmp_path, tmp_path / "nowhere", place / "model.safetensors"):
        with pytest.raises(FileError, match=r"has no spec\.json; accepted: .*results/runs/<cell>"):
            load_run(absent)
    copy = tmp_path / "copy"
    spec = json.loads((place / "spec.json").read_text())
    write_json(copy / "spec.json", spec)
    with pytest.raises(FileError, match=r"has no model\.safetensors; accepted"):
        load_run(copy)
    (copy / "model.safetensors").write_bytes((trained("signed") / "model.safetensors").read_bytes())
    with pytest.raises(FileError, match="belongs to another run; accepted: the one with digest"):
        load_run(copy)
    content = (place / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(FileError, match="checksum"):
        load_run(copy)


@pytest.mark.parametrize("file", ["", "model.safetensors", "spec.json"])
def test_a_run_in_place_of_a_circuit_names_the_door(trained, capsys, file):
    path = trained("arithmetic") / file
    with pytest.raises(FileError, match=r"belongs to a trained run; accepted: a circuit file"):
        read_circuit(path)
    with pytest.raises(SystemExit):
        main(["measure", "--circuit", str(path), "--partition", "0"])
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--run FOLDER" in said
    assert "delete" not in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--replica", "0", "--circuit", "net.json"], "replica: given without a run; accepted: with --run"),
        (["--run", "nowhere"], "nowhere: has no spec.json; accepted: a run that was trained"),
        (["--run", "RUN", "--replica", "3"], "replica: got 3; accepted: an integer from 0 to 2"),
        (["--run", "RUN", "--sites", "4,4"], "sites: given for a source that has its own"),
        (["--run", "RUN", "--generic"], "generic: is for circuits"),
    ],
)
def test_mistakes_are_told_in_one_line(trained, capsys, options, says):
    given = [str(trained("rectifier")) if word == "RUN" else word for word in options]
    with pytest.raises(SystemExit):
        main(["measure", "--partition", "left-right", *given])
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
