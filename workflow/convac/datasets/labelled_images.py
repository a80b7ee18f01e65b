"""Labelled images from where users keep them: an .npz file, a folder of PNG images by class, a dataset of a run."""

from pathlib import Path

import numpy as np

from convac.datasets.formats import luma
from convac.errors import FileError
from convac.files import naming, read_arrays, read_npz
from convac.specs.own_images import PIXELS, check_form, class_files

NAMES = (("images", "labels"), ("train_images", "train_labels"))  # of arrays, the first pair that is there
DARKEST = 64  # of 255: images whose brightest pixel is darker were counted on another scale, such as 0 to 1 or to 16
ORIGINALS = "images.safetensors"  # in the folder of originals: grey squares
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
    ours = place.suffix == ".safetensors"
    with naming(place, ACCEPTED):
        if ours:
            arrays = read_arrays(place)[0]
        else:
            with place.open("rb") as opened:
                arrays = read_npz(opened, {name for pair in NAMES for name in pair})
    for images, labels in NAMES:
        if images in arrays and labels in arrays:
            found, answers = arrays[images], arrays[labels]
            # of a dataset that is drawn anew for every seed, all draws
            joined = ours and answers.ndim == 2
            return (np.concatenate(found), np.concatenate(answers)) if joined else (found, answers)
    raise FileError(f"{path}: has no arrays images and labels; expected {ACCEPTED}")


def read_folder(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """PNG images of a folder with one folder per class, in order of their names; labels are the folders' names."""
    from matplotlib.image import imread

    found = class_files(folder)
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


def grey_squares(images: np.ndarray, labels: np.ndarray, path: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Labelled images as the originals of a dataset.

    Args:
        images: shape (n, side, side), or (n, side, side, 1, 3 or 4) for colours, which become grey by Rec. 601 luma:
            booleans, numbers from 0 to 1, or integers from 0 to 255.
        labels: shape (n,), integers or text.
        path: what error lines call them.

    Returns:
        images, shape (n, side, side), uint8 in 0..255; labels, shape (n,), int64 in the order of the names; the names.

    Raises:
        FileError: one line that says what doesn't fit and what is expected.
    """
    check_form(images.shape, images.dtype, labels, path)
    names, numbers = np.unique(labels, return_inverse=True)
    return grey(full_scale(images, path), path), numbers.astype(np.int64), [str(name) for name in names]


def full_scale(images: np.ndarray, path: str) -> np.ndarray:
    """Pixels of any type as uint8 in 0..255."""
    if not np.isfinite(images).all():
        raise FileError(f"{path}: pixels are no finite real numbers; expected {PIXELS}")
    brightest = 255 if images.dtype.kind in "iu" else 1
    if images.min() < 0 or images.max() > brightest:
        raise FileError(f"{path}: pixels from {images.min():g} to {images.max():g}; expected {PIXELS}")
    if images.max() < brightest * DARKEST / 255:
        dark = f"pixels from {images.min():g} to {images.max():g}, all dark on a scale to {brightest}"
        raise FileError(f"{path}: {dark}; expected {PIXELS}")
    return images.astype(np.uint8) if brightest == 255 else np.rint(images * 255.0).astype(np.uint8)


def grey(images: np.ndarray, path: str) -> np.ndarray:
    """Images (n, side, side) as they are, colours by their luma; transparent ones are refused."""
    if images.ndim == 3 or images.shape[3] == 1:
        return images.reshape(images.shape[:3])
    if images.shape[3] == 4 and images[..., 3].min() < 255:
        raise FileError(f"{path}: an image is transparent in parts; expected opaque images")
    return luma(images[..., :3])
