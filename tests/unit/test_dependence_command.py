"""`convac measure --data`: text and one JSON object per network, one line for a mistake."""

import json
import sys
from argparse import Namespace

import numpy as np
import pytest

from convac import HeldOut, data_dependence
from convac.circuits.files import write_circuit
from convac.circuits.tree import random_circuit
from convac.cli import main
from convac.commands.dependence import of_draw, read_images
from convac.datasets.blobs import generate
from convac.errors import ArgumentError
from convac.files import write_arrays
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC

NETWORKS = """
import torch
from convac import ConvAC, PoolingTree
def circuit():
    return ConvAC(PoolingTree.named("square", (16, 16)), 2, [3, 3, 3, 3], 2, seed=(0, 1))
def convolutional():
    torch.manual_seed(0)
    layers = torch.nn.Conv2d(1, 4, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(4), torch.nn.Flatten()
    return torch.nn.Sequential(torch.nn.Unflatten(1, (1, 16)), *layers, torch.nn.Linear(36, 2))
def noise():
    table = torch.manual_seed(0) and torch.randn(256)
    def odds(images):
        return torch.sin(9 * (torch.as_tensor(images.reshape(-1, 256)).double() @ table.double()) ** 2).numpy()
    return odds
"""
ARRAYS = generate("closedness", seed=0, rendered_train=10, rendered_test=400, side=16)
IMAGES, LABELS = ARRAYS["test_images"], ARRAYS["test_labels"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "networks_on_data.py").write_text(NETWORKS)
    np.savez(tmp_path / "data.npz", images=IMAGES, labels=LABELS)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("networks_on_data", None)


def options(network, *more, data="data.npz"):
    source = ["--circuit", network] if network.endswith(".json") else ["--network", f"networks_on_data:{network}"]
    return ["measure", *source, "--data", data, "--partition", "left-right", *more]


def printed(capsys, *arguments):
    main([*options(*arguments), "--json"])
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def refused(capsys, *arguments, data="data.npz"):
    with pytest.raises(SystemExit) as caught:
        main(options(*arguments, data=data))
    assert caught.value.code == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert len(line) <= 220
    return line


def test_every_seed_has_its_numbers(capsys):
    chosen = "--samples", "40", "--draws", "2", "--least-pixels", "5", "--seed", "3"
    result = printed(capsys, "circuit", *chosen)
    network = ConvAC(PoolingTree.named("square", (16, 16)), 2, [3, 3, 3, 3], 2, seed=(0, 1))
    direct = data_dependence(network, "left-right", HeldOut(IMAGES, least_pixels=5, draws=2), samples=40, seed=3)
    assert result["engine"] == "composites"
    for seed, found in zip(result["seeds"], direct, strict=True):
        assert seed["share"]["value"] == found.share.value
        assert seed["share"]["interval"] == list(found.share.interval)
        assert seed["matched_entropy"]["error"] == found.matched_entropy.error
        assert seed["samples"] == 40
        assert seed["outside"] == found.outside
        assert seed["spread"] == found.spread


def test_a_convnet_is_told_in_lines_with_units(capsys):
    main(options("convolutional", "--within-class", "--samples", "32"))
    text = capsys.readouterr().out
    assert "share " in text
    assert ", 95 % from " in text
    assert " nats" in text
    assert "spread                   –" in text
    assert "seed " not in text


def test_what_has_not_settled_is_null_with_its_number(capsys):
    result = printed(capsys, "noise", "--samples", "40")["seeds"][0]
    assert result["entropy"]["value"] is None
    assert result["entropy"]["estimate"] > 2
    assert result["entropy"]["samples_needed"] > 40
    main(options("noise", "--samples", "40"))
    assert "not settled: " in capsys.readouterr().out


def test_a_circuit_file_and_a_dataset_of_the_workflow(capsys, folder):
    write_circuit(
        folder / "net.json",
        random_circuit(PoolingTree.named("square", (16, 16)), 2, (3,) * 4, np.random.default_rng(0), classes=2),
    )
    write_arrays(folder / "data.safetensors", ARRAYS)
    main([*options("net.json", data="data.safetensors"), "--samples", "32", "--json"])
    assert 0 <= json.loads(capsys.readouterr().out)["seeds"][0]["share"]["value"] <= 1


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--samples", "10"), "samples: got 10"),
        (("--draws", "0"), "draws: got 0"),
        (("--class", "1"), "class: given with data"),
        (("--generic",), "generic: given with data"),
        (("--engine", "renyi2"), "engine: renyi2 doesn't measure"),
        (("--sites", "4,8"), "sites: [4, 8] aren't"),
        (("--memory-limit", "1000"), "engine composites: needs"),
        (("--time-limit", "1e-9"), "engine composites: takes"),
        (("--least-pixels", "100"), "data: 0 images with 100 pixels in each half"),
    ],
)
def test_mistaken_options_are_one_line(capsys, more, named):
    assert named in refused(capsys, "circuit", *more)


def test_options_of_data_need_data(capsys):
    with pytest.raises(SystemExit):
        main(["measure", "--network", "networks_on_data:circuit", "--partition", "left-right", "--draws", "2"])
    assert "draws: given without data" in capsys.readouterr().err


def test_files_that_hold_no_images_are_one_line(capsys, folder):
    np.savez(folder / "other.npz", pictures=IMAGES)
    np.save(folder / "single.npy", IMAGES)
    np.savez(folder / "objects.npz", images=np.array([{}, {}]))
    np.savez(folder / "unlabelled.npz", images=IMAGES)
    (folder / "torn.npz").write_bytes((folder / "data.npz").read_bytes()[:-300])
    (folder / "text.npz").write_text("images")
    for name, named in {
        "other.npz": "has no array images or test_images",
        "single.npy": "is an array written by numpy.save",
        "objects.npz": "objects.npz",
        "torn.npz": "torn.npz",
        "text.npz": "text.npz",
        "absent.npz": "no such file",
    }.items():
        line = refused(capsys, "circuit", data=name)
        assert named in line
        assert "expected" in line
    assert "has no array labels" in refused(capsys, "circuit", "--within-class", data="unlabelled.npz")


def test_a_dataset_drawn_anew_for_every_seed_gives_each_replica_its_own_images(folder):
    draws = {"test_images": np.stack([IMAGES, IMAGES[::-1]]), "test_labels": np.stack([LABELS, LABELS[::-1]])}
    write_arrays(folder / "drawn/data.safetensors", draws, {})
    read = read_images("drawn")
    own = [of_draw(read, Namespace(run="run", replica=number)) for number in (None, 0, 1)]
    for found, number in zip(own, (0, 0, 1), strict=True):
        assert np.array_equal(found["test_images"], draws["test_images"][number])
        assert np.array_equal(found["test_labels"], draws["test_labels"][number])
    joined = of_draw(read, Namespace(run=None, replica=None))
    assert np.array_equal(joined["test_images"], np.concatenate([IMAGES, IMAGES[::-1]]))
    with pytest.raises(ArgumentError, match=r"^data: holds 2 draws, replica 2 has none"):
        of_draw(read, Namespace(run="run", replica=2))


def test_the_folder_of_a_dataset_is_taken_as_its_file(folder, capsys):
    write_arrays(folder / "drawn/data.safetensors", {"test_images": IMAGES[None], "test_labels": LABELS[None]}, {})
    main([*options("noise", "--samples", "40", "--within-class", data="drawn"), "--json"])
    assert json.loads(capsys.readouterr().out) == printed(capsys, "noise", "--samples", "40", "--within-class")
