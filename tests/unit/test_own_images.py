"""Images of the user's own as the originals of datasets: what is taken, and the one line for what doesn't fit."""

import json
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imsave

from convac.cli import main
from convac.datasets.digits import generate
from convac.datasets.formats import luma
from convac.datasets.labelled_images import grey_squares, read_labelled
from convac.errors import ConfigError, FileError
from convac.planning.config import config_mistakes
from convac.planning.config_files import read_config
from convac.planning.plan import Plan
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.own_images import classes_of, originals, own_images, source_written
from convac.specs.spec import canonical, digest

ROOT = Path(__file__).parents[2]
NUMBER, SIDE = 90, 12
KINDS = ["ant", "bee", "cat"]


@pytest.fixture
def arrays(rng):
    """Images whose brightest square says which of three kinds they are."""
    labels = np.arange(NUMBER) % 3
    images = rng.integers(0, 100, (NUMBER, SIDE, SIDE), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4] += 150
    return images, np.array(KINDS)[labels]


@pytest.fixture
def saved(arrays, tmp_path):
    """They as an .npz file and as a folder of PNG images."""
    images, labels = arrays
    np.savez(tmp_path / "own.npz", images=images, labels=labels)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (tmp_path / "own" / label).mkdir(parents=True, exist_ok=True)
        imsave(tmp_path / "own" / label / f"{number:03}.png", np.stack([image] * 3, axis=-1))
    return tmp_path


def taken(path, folder):
    """What the workflow's job makes of them: its record."""
    main(["images", "--path", str(path), "--name", own_images(str(path)).name, "--folder", str(folder)])
    return json.loads((folder / "record.json").read_text())


def test_a_file_and_a_folder_give_the_same_originals(saved, arrays, tmp_path):
    records = [taken(saved / name, tmp_path / "out" / name) for name in ("own.npz", "own")]
    assert records[0]["classes"] == records[1]["classes"] == dict.fromkeys(KINDS, NUMBER // 3)
    assert records[0]["side"] == SIDE
    by_file, by_folder = (grey_squares(*read_labelled(str(saved / name)), "own") for name in ("own.npz", "own"))
    order = np.argsort(arrays[1], kind="stable")
    np.testing.assert_array_equal(by_file[0], arrays[0])
    np.testing.assert_array_equal(by_file[0][order], by_folder[0])
    np.testing.assert_array_equal(by_file[1][order], by_folder[1])


def test_content_and_not_the_path_is_in_the_spec(saved):
    shutil.copytree(saved / "own", saved / "elsewhere")
    here, there, other = (
        DigitsSpec(**originals(str(saved / name)), seed=0, size=8) for name in ("own", "elsewhere", "own.npz")
    )
    assert here.path == str(saved / "own")
    assert [classes_of(source) for source in ("digits", str(saved / "own"), str(saved / "own.npz"))] == [10, 3, 3]
    assert digest(here) == digest(there) != digest(other)
    assert str(saved) not in canonical(here)
    assert here.originals == here.source == own_images(str(saved / "own")).name
    (saved / "elsewhere" / "ant" / "000.png").unlink()
    own_images.cache_clear()
    assert digest(DigitsSpec(**originals(str(saved / "elsewhere")), seed=0, size=8)) != digest(here)


def test_specs_of_published_sets_are_as_they_were():
    spec = json.loads(canonical(DigitsSpec(source="digits", seed=0, size=8)))
    assert "path" not in spec


def test_specs_with_seeds_are_read_back(saved):
    spec = DigitsSpec(**originals(str(saved / "own")), seeds=(3, 4), resplit=True, size=8)
    fields = {name: value for name, value in json.loads(canonical(spec)).items() if name != "kind"}
    assert digest(DigitsSpec.model_validate_json(json.dumps(fields))) == digest(spec)


def test_parts_share_no_original(saved, tmp_path):
    record = taken(saved / "own.npz", tmp_path / "taken")
    size = {"canvas": SIDE, "size": SIDE, "train": 400, "validation": 15, "test": 15}
    made = generate(record["name"], seed=0, folder=str(tmp_path / "taken"), **size)
    parts = [{image.tobytes() for image in made[f"{part}_images"]} for part in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [60, 15, 15]
    assert len(set.union(*parts)) == NUMBER
    assert set(made["train_labels"].tolist()) == {0, 1, 2}


COLOURS = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
OPAQUE = np.concatenate([COLOURS, np.full((60, 8, 8, 1), 255, np.uint8)], axis=3)
LABELS = np.arange(60) % 2


@pytest.mark.parametrize(
    ("images", "wanted"),
    [
        (COLOURS, luma(COLOURS)),
        (OPAQUE, luma(COLOURS)),
        (COLOURS[..., :1], COLOURS[..., 0]),
        (COLOURS[..., 0] > 99, 255 * (COLOURS[..., 0] > 99)),
        (COLOURS[..., 0] / np.float32(255), COLOURS[..., 0]),
        (COLOURS[..., 0].astype(np.int64), COLOURS[..., 0]),
    ],
)
def test_pixels_of_every_type(images, wanted):
    found, labels, names = grey_squares(images, LABELS, "own")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, wanted)
    assert (labels.tolist(), names) == (LABELS.tolist(), ["0", "1"])


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (COLOURS[:, :6], LABELS, "own: images are 6 by 8 by 3; expected squares"),
        (COLOURS[:, :3, :3], LABELS, "squares of 4 pixels or more"),
        (COLOURS[0], LABELS, "squares"),
        (COLOURS, LABELS[:-1], "an integer or a word for each of 60 images"),
        (COLOURS, LABELS / 2, "an integer or a word"),
        (COLOURS[:59], LABELS[:59], "holds 59 images; expected 60 or more"),
        (COLOURS * 1.0, LABELS, "pixels from 0 to 255; expected booleans, numbers from 0 to 1, or integers"),
        (COLOURS.astype(int) - 1, LABELS, "pixels from -1"),
        (COLOURS * 1j, LABELS, "no finite real numbers"),
        (np.where(COLOURS == 7, np.nan, 0.5), LABELS, "no finite real numbers"),
        (COLOURS[..., :2], LABELS, "2 colours; expected 1, or red, green and blue"),
        (OPAQUE - np.uint8(1), LABELS, "transparent"),
        (COLOURS > 99, np.eye(2, dtype=int)[LABELS], "an integer or a word"),
        ((COLOURS > 99).astype(int), LABELS, "pixels from 0 to 1, all dark on a scale to 255; expected booleans"),
        (COLOURS // 15, LABELS, "pixels from 0 to 17, all dark on a scale to 255"),
        (COLOURS / 255 / 16, LABELS, "pixels from 0 to 0.0625, all dark on a scale to 1;"),
        (COLOURS * 0, LABELS, "pixels from 0 to 0, all dark"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(images, labels, words):
    with pytest.raises(FileError, match=words) as refusal:
        grey_squares(images, labels, "own")
    assert len(str(refusal.value)) <= 200


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda path: path.write_bytes(b"nothing"), "is of another kind; expected an .npz file with images"),
        (lambda path: path.write_bytes(b"images,labels\n1,2\n"), "is of another kind"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(pickle.dumps([1])), "is a pickle"),
        (lambda path: (np.savez(path, labels=LABELS), path.write_bytes(path.read_bytes()[:99])), "is cut short"),
        (lambda path: np.savez(path, images=COLOURS), "has no array labels"),
        (lambda path: np.savez(path, images=COLOURS, labels=np.zeros(60, int)), "holds 1 class; expected two"),
        (lambda path: np.savez(path, images=COLOURS, labels=np.array([{}] * 60)), "holds objects, which"),
        (lambda path: path.mkdir(), "holds 0 classes; expected two or more"),
        (lambda path: np.savez(path, labels=LABELS), "has no array images; expected an .npz file with images"),
        (lambda path: np.savez(path, pixels=COLOURS, label=LABELS), "has no array images"),
        (lambda path: np.savez_compressed(path, images=COLOURS[:, :6], labels=LABELS), "images are 6 by 8 by 3"),
        (
            lambda path: np.savez(path, images=COLOURS.reshape(60, -1), labels=LABELS),
            "images are 192; expected squares",
        ),
        (lambda path: np.savez(path, images=LABELS, labels=LABELS), "images are single numbers"),
        (lambda path: np.savez(path, images=COLOURS[..., :2], labels=LABELS), "images have 2 colours"),
        (lambda path: np.savez(path, images=COLOURS * 1j, labels=LABELS), "pixels are no finite real numbers"),
        (lambda path: np.savez(path, images=COLOURS.astype(str), labels=LABELS), "pixels are no finite real numbers"),
        (lambda path: np.savez(path, images=COLOURS, labels=LABELS[1:]), "labels don't fit"),
        (lambda path: np.savez(path, images=COLOURS, labels=LABELS / 2), "labels don't fit; expected an integer or"),
        (lambda path: np.savez(path, images=COLOURS[:9], labels=LABELS[:9]), "holds 9 images; expected 60 or more"),
    ],
)
def test_files_that_hold_none_are_refused_by_name(tmp_path, made, words):
    path = tmp_path / "own.npz"
    made(path)
    with pytest.raises(FileError, match=words) as refusal:
        own_images(str(path))
    assert str(refusal.value).startswith(str(path))
    assert len(str(refusal.value)) - len(str(path)) <= 200


def test_a_source_is_a_published_set_or_something_that_is_there(saved, monkeypatch):
    assert source_written("digits") == "digits"
    assert source_written(str(saved / "own")) == str(saved / "own")
    monkeypatch.setenv("HOME", str(saved))
    monkeypatch.setenv("IMAGES", "own")
    assert source_written("~/$IMAGES.npz") == str(saved / "own.npz")
    with pytest.raises(ValueError, match="'mnits' is unknown and no path; accepted: digits, mnist"):
        source_written("mnits")
    config = read_config(ROOT / "config.yaml")
    config["experiments"]["mine"] = {"study": "missing_data", "images": {"source": "mnits"}}
    (line,) = config_mistakes(config)
    assert line.startswith("experiments.mine.images.source: 'mnits' is unknown and no path; accepted: digits, mnist")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ant/000.jpg", "ant/000.jpg: isn't a PNG image"),
        ("ant/notes.txt", "ant/notes.txt: isn't a PNG image"),
        ("ant/more/000.png", "ant/more: isn't a PNG image"),
        ("loose.png", "loose.png: isn't a folder of PNG images"),
        ("dog/.hidden", "dog: isn't a folder of PNG images"),
        (".hidden/000.png", ""),
        ("ant/.hidden.png", ""),
        ("ant/000.PNG", ""),
    ],
)
def test_nothing_in_a_folder_is_left_out_without_a_word(saved, name, words):
    before, path = own_images(str(saved / "own")), saved / "own" / name
    path.parent.mkdir(exist_ok=True)
    shutil.copy(saved / "own/ant/000.png", path)
    own_images.cache_clear()
    if words:
        with pytest.raises(FileError, match=re.escape(words)):
            own_images(str(saved / "own"))
    else:
        new = path.suffix == ".PNG"
        assert (own_images(str(saved / "own")) != before) == new
        assert len(read_labelled(str(saved / "own"))[0]) == NUMBER + new


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((SIDE, SIDE + 1, 3), "is 13 by 12 in colours, others are 12 by 12 in colours; expected images of one size"),
        ((8, 8, 3), "is 8 by 8 in colours, others are 12 by 12 in colours"),
        (None, "is no PNG image"),
    ],
)
def test_a_folder_with_another_kind_of_image_is_refused_when_it_is_named(saved, shape, words):
    path = saved / "own/bee/999.png"
    if shape:
        imsave(path, np.zeros(shape, np.uint8))
    else:
        path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(99))  # as JPEG begins
    own_images.cache_clear()
    with pytest.raises(FileError, match=words) as refusal:
        own_images(str(saved / "own"))
    assert "999.png: is" in str(refusal.value)


def test_a_folder_of_few_or_oblong_images_is_refused_when_it_is_named(tmp_path):
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        imsave(tmp_path / kind / "0.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(FileError, match="holds 3 images; expected 60 or more"):
        own_images(str(tmp_path))
    own_images.cache_clear()
    for kind in KINDS:
        imsave(tmp_path / kind / "0.png", np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(FileError, match="images are 8 by 9; expected squares"):
        own_images(str(tmp_path))


@pytest.mark.parametrize("study", ["missing_data", "overlaps_trained", "layer_widths", "data_entanglement"])
def test_a_plan_tells_what_is_wrong_with_images_before_anything_runs(tmp_path, study):
    path = tmp_path / "own.npz"
    np.savez(path, images=COLOURS[:, :6], labels=LABELS)
    own_images.cache_clear()
    block = {"study": study, "images": {"source": str(path)}}
    hidden = read_config(ROOT / "config.yaml")["experiments"]
    with pytest.raises(
        ConfigError, match=r"^experiments\.mine(, scale \w+)?: .*: images are 6 by 8 by 3; expected squares"
    ):
        Plan({"experiments": {"mine": block}}, hidden)


def test_naming_images_loads_neither_torch_nor_matplotlib(saved):
    code = "import sys; from convac.specs.own_images import own_images; own_images(sys.argv[1]); "
    code += "sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'PIL')))"
    for name in ("own", "own.npz"):
        assert subprocess.run([sys.executable, "-c", code, str(saved / name)], check=False).returncode == 0


def test_images_that_changed_are_not_taken(saved, tmp_path, capsys):
    own_images.cache_clear()
    with pytest.raises(SystemExit):
        main(["images", "--path", str(saved / "own"), "--name", "own-000000000000", "--folder", str(tmp_path / "x")])
    assert "changed since the workflow began" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
