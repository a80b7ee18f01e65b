"""`convac advise` as users run it."""

import json
import os
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from convac.cli import main
from convac.files import write_arrays
from convac.geometry.trees import PoolingTree


@pytest.fixture
def data(tmp_path, rng):
    """Images of 8×8 pixels whose label says whether neighbours in a row agree, as an .npz file."""
    labels = rng.integers(0, 2, 1500)
    images = rng.integers(0, 2, (1500, 8, 8))
    images[:, :, 1::2] = images[:, :, ::2] ^ (rng.random((1500, 8, 4)) < np.where(labels, 0.2, 0.5)[:, None, None])
    np.savez(tmp_path / "data.npz", images=images.astype(np.uint8), labels=labels)
    return tmp_path / "data.npz"


def test_text_tree_and_figure(data, tmp_path, capsys):
    tree, figure = tmp_path / "tree.json", tmp_path / "figure.png"
    main(["advise", "--data", str(data), "--levels", "6", "--trials", "0", "--out", str(tree), "--figure", str(figure)])
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split() == ["geometry", "line"]
    assert "(1 by chance)" in printed
    order = np.array(PoolingTree.read(tree).order).reshape(-1, 2)
    np.testing.assert_array_equal(order[:, 0] ^ 1, order[:, 1])
    assert matplotlib.image.imread(figure).std() > 0


def test_json_from_every_kind_of_data(data, tmp_path, capsys):
    arrays = np.load(data)
    write_arrays(
        tmp_path / "set" / "data.safetensors",
        {
            "train_images": arrays["images"],
            "train_labels": arrays["labels"],
            "test_images": arrays["images"][:1] + 1,
            "test_labels": arrays["labels"][:1],
        },
    )
    for number, (image, label) in enumerate(zip(arrays["images"], arrays["labels"], strict=True)):
        folder = tmp_path / "pictures" / ("agree" if label else "differ")
        folder.mkdir(parents=True, exist_ok=True)
        matplotlib.image.imsave(folder / f"{number:04}.png", image, cmap="gray")
    found = []
    for path in (data, tmp_path / "set", tmp_path / "set" / "data.safetensors", tmp_path / "pictures"):
        main(["advise", "--data", str(path), "--levels", "6", "--budget", "300", "--trials", "0", "--json"])
        found.append(json.loads(capsys.readouterr().out))
        assert found[-1]["geometry"] == "line"
        assert found[-1]["dependence_found"]
        assert found[-1]["parameters"] <= 300
        assert {each["name"] for each in found[-1]["candidates"]} >= {"line", "square", "free"}
    assert found[0]["candidates"] == found[1]["candidates"] == found[2]["candidates"]


def test_trials_are_made_where_they_can_be(data, tmp_path, capsys):
    arrays = dict(np.load(data))
    grey = {**arrays, "images": arrays["images"] * (1 + arrays["labels"].astype(np.uint8)[:, None, None])}
    np.savez(tmp_path / "grey.npz", **grey)
    tried = {}
    for name, options in {"data": [], "none": ["--trials", "0"], "two": ["--trials", "2"], "grey": []}.items():
        path = tmp_path / "grey.npz" if name == "grey" else data
        main(["advise", "--data", str(path), "--json", *options])
        found = json.loads(capsys.readouterr().out)
        tried[name] = len(found["tried"])
        assert not found["tried"] or found["geometry"] == max(found["tried"], key=found["tried"].get)
    assert tried == {"data": 3, "none": 0, "two": 2, "grey": 0}


def test_the_budget_counts_a_map_for_each_place_where_asked(data, capsys):
    main(["advise", "--data", str(data), "--budget", "300", "--sharing", "windowed", "--trials", "0", "--json"])
    found = json.loads(capsys.readouterr().out)
    pairs = zip(found["windows"], (2, *found["widths"]), found["widths"], strict=False)
    assert found["parameters"] == sum(w * a * b for w, a, b in pairs) + 2 * found["widths"][-1] <= 300
    assert len(found["ranks"]) == len(found["widths"])


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--data", "none.npz"], "none.npz: no such file; expected .npz with images and labels"),
        (["--data", "empty"], "empty: has no PNG images in folders by class"),
        (["--data", "half.npz"], "half.npz: has no arrays images and labels"),
        (["--data", "text.npz"], "text.npz: "),
        (["--data", "data.npz", "--levels", "7"], "levels: got 7; accepted: an integer from 1 to 6"),
        (["--data", "data.npz", "--out", "tree.txt"], "out: tree.txt; accepted: a tree file's name"),
        (["--data", "data.npz", "--figure", "f.bmp"], "figure: f.bmp; accepted: a name that ends in .png"),
        (["--data", "data.npz", "--memory-limit", "1e5"], "engine advice: needs"),
        (["--data", "none.npz", "--out", "empty.json"], "empty.json: is a folder; accepted: a file to write"),
        (["--data", "none.npz", "--out", "text.npz/tree.json"], "text.npz/tree.json: can't be written: "),
        (["--data", "none.npz", "--figure", "text.npz/a/b.svg"], "text.npz/a/b.svg: can't be written: "),
        (["--data", "none.npz", "--figure", "sealed/f.pdf"], "sealed/f.pdf: can't be written: "),
    ],
)
@pytest.mark.usefixtures("data")
def test_mistakes_are_told_in_a_line(options, line, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.json").mkdir()
    (tmp_path / "sealed").mkdir()
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "sealed" and allowed(path, mode))
    np.savez("half.npz", images=np.zeros((9, 4, 4)))
    (tmp_path / "text.npz").write_text("images")
    with pytest.raises(SystemExit) as caught:
        main(["advise", *options])
    assert caught.value.code == 1
    told = capsys.readouterr().err.strip()
    assert told.startswith(f"convac: {line}")
    assert len(told) <= 210
    assert "\n" not in told
    assert not (tmp_path / "tree.txt").exists()
