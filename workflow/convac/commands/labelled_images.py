"""Labelled images from where users keep them: an .npz file, a folder of PNG images by class, a dataset of a run."""

from pathlib import Path

import numpy as np

from convac.errors import FileError
from convac.files import Arrays, ContentError, naming, read_arrays

NAMES = (("images", "labels"), ("train_images", "train_labels"))  # of arrays, the first pair that is there
DATASET = "data.safetensors"  # in the folder of a dataset
ACCEPTED = ".npz with images and labels, a folder of PNG images by class, or of a dataset"


def read_labelled(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, …) and labels (n,); of a dataset of the workflow those to train on, never a test image.

    Raises:
        FileError: nothing is there, it is damaged, or lacks one of the two; images of a folder differ in size.
    """
    place = Path(path)
    if place.is_dir() and not (place / DATASET).is_file():
        return read_folder(place)
    place = place / DATASET if place.is_dir() else place
    with naming(place, ACCEPTED):
        arrays = read_arrays(place)[0] if place.suffix == ".safetensors" else read_npz(place)
    for images, labels in NAMES:
        if images in arrays and labels in arrays:
            found, answers = arrays[images], arrays[labels]
            # of a dataset that is drawn anew for every seed, all draws
            return (np.concatenate(found), np.concatenate(answers)) if answers.ndim == 2 else (found, answers)
    raise FileError(f"{path}: has no arrays images and labels; expected {ACCEPTED}")


def read_npz(path: Path) -> Arrays:
    """The arrays of an .npz file that may be wanted; pickles, which run code, are refused."""
    wanted = {name for pair in NAMES for name in pair}
    # opened here, since numpy leaves a torn file open
    with path.open("rb") as opened, np.load(opened) as file:
        if isinstance(file, np.ndarray):
            raise ContentError("is a single array")
        return {name: file[name] for name in file.files if name in wanted}


def read_folder(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """PNG images of a folder with one folder per class, in order of their names; labels are the folders' names."""
    from matplotlib.image import imread

    found = [
        (path, kind.name) for kind in sorted(folder.iterdir()) if kind.is_dir() for path in sorted(kind.glob("*.png"))
    ]
    if not found:
        raise FileError(f"{folder}: has no PNG images in folders by class; expected {ACCEPTED}")
    images: list[np.ndarray] = []
    for path, _ in found:
        with naming(path, "a PNG image"):
            images.append(imread(path))
        if images[-1].shape != images[0].shape:
            sizes = [" by ".join(map(str, each.shape)) for each in (images[-1], images[0])]
            raise FileError(f"{path}: is {sizes[0]}, others are {sizes[1]}; expected images of one size and kind")
    return np.stack(images), np.array([kind for _, kind in found])
