"""Digits: real images at a dialled length scale, each shrunk or stretched to a square somewhere on a dark canvas.

What tells the classes apart lies within `size` pixels: a small size is a local task, the canvas' own a global one. An
image goes through these steps:

1. an original, drawn from the pool of its part, resampled to size×size: stretched by linear interpolation between
   pixel centres, shrunk by averaging over the area of the new pixels;
2. `clutter` square patches of side max(2, size // 2), each cut out of a random original of the same pool, resampled
   alike, and put at a random place of the canvas;
3. the original put at a random place of the canvas, of those that lie `grid` pixels apart, over the patches: the
   brighter pixel stays;
4. quantised to `shades` grey values.
"""

import importlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from convac.datasets.blobs import require_integer
from convac.datasets.formats import image_set
from convac.datasets.labelled_images import ORIGINALS
from convac.errors import ArgumentError, FileError
from convac.files import Arrays, read_arrays
from convac.seeds import stream
from convac.specs.own_images import NAMES, PUBLISHED

PARTS = ("train", "validation", "test")
# of streams: seeds, not names
WORDS = {"digits": "digits", "mnist": "mnist", "fashion_mnist": "fashion_mnist", "cifar10": "cifar10"}
OWN_WORD = "own"  # for images of the user's, whatever is in them
BRIGHTEST = {"digits": 16}  # full scale of an original where it isn't 255
HELD_OUT = 300  # originals of `digits` for validation, and as many for testing
VALIDATION = (
    6  # one in so many training originals of the other sources is for validation, and of the user's for testing
)
THRESHOLD = 0.45  # of binarisation, as a share of the full scale
SMALLEST = 4  # pixels along the side of a resampled original
CHUNK = 1000  # originals resampled together; bounds the memory and changes nothing else
DECIMALS = 6  # to which pixels are rounded before they are quantised


@dataclass(frozen=True)
class Originals:
    """The images that a source holds.

    Attributes:
        images: shape (n, side, side), uint8 in 0..brightest.
        labels: shape (n,), int64.
        brightest: the full scale.
        pools: indices into `images` by part; no two parts share one.
    """

    images: np.ndarray
    labels: np.ndarray
    brightest: int
    pools: Mapping[str, np.ndarray]


def generate(
    source: str,
    seed: int,
    size: int,
    canvas: int = 32,
    train: int = 8000,
    validation: int = 1000,
    test: int = 1500,
    grid: int = 1,
    clutter: int = 0,
    shades: int = 256,
    resplit: bool = False,
    folder: str | None = None,
) -> Arrays:
    """Train, validation and test images of one source at one length scale.

    Image i depends on the other arguments and its part, not on how many are rendered; the originals drawn depend on
    source, seed and part alone, so that every size shows the same ones.

    Args:
        source: `digits` (scikit-learn's, 8×8), `mnist`, `fashion_mnist`, `cifar10` (grey), or what a spec calls images
            of the user's own.
        seed: non-negative integer.
        size: pixels along each side of the resampled original, from 4 to `canvas`.
        canvas: pixels along each axis, from 4 up.
        train: number of images, from 1 up; originals are drawn at random.
        validation: likewise; the pool is gone through in random order, again and again.
        test: see `validation`.
        grid: places lie so many pixels apart, from 1 (any place) up; with `grid` = `size` the original fills one of
            the squares that tile the canvas.
        clutter: patches of other originals in every image.
        shades: number of grey values, from 2 to 256.
        resplit: whether the seed also splits the originals, into those of training and validation, and where their
            publishers don't say which are for testing (`digits`), of testing; otherwise the parts of every seed are
            the same.
        folder: holds the original files of the source; not read for `digits`.

    Returns:
        `train_images`, `validation_images`, `test_images`: shape (n, canvas, canvas), uint8 in 0..shades-1;
        `train_labels`, `validation_labels`, `test_labels`: shape (n,), int64 from 0 up.

    Raises:
        ArgumentError: an argument is outside what is accepted.
        FileError: an original file is missing, damaged or of another kind.

    >>> arrays = generate("digits", seed=0, size=8, train=5, validation=2, test=3)
    >>> arrays["train_images"].shape, arrays["test_labels"].shape
    ((5, 32, 32), (3,))
    """
    require_integer("seed", seed, least=0)
    require_integer("canvas", canvas, least=SMALLEST)
    require_range("size", size, SMALLEST, canvas)
    require_integer("grid", grid, least=1)
    require_integer("clutter", clutter, least=0)
    require_range("shades", shades, 2, 256)
    counts = {"train": train, "validation": validation, "test": test}
    for part, count in counts.items():
        require_integer(part, count, least=1)
    originals = read_originals(source, folder, seed if resplit else None)
    arrays: Arrays = {}
    for part, count in counts.items():
        names = ("digits", WORDS.get(source, OWN_WORD), seed, part)
        chosen = draw_originals(originals.pools[part], count, names, repeated=part != "train")
        arrays[f"{part}_images"] = render(originals, part, chosen, names, size, canvas, grid, clutter, shades)
        arrays[f"{part}_labels"] = originals.labels[chosen]
    return arrays


def require_range(key: str, value: object, least: int, most: int) -> None:
    """Raise ArgumentError unless `value` is an integer from `least` to `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ArgumentError(f"{key}: {value!r}; accepted: an integer from {least} to {most}")


def read_originals(source: str, folder: str | None = None, seed: int | None = None) -> Originals:
    """The originals of a source and their pools, those of a seed or of all that have none; raises as `generate`."""
    if not isinstance(source, str) or not re.match(NAMES, source):
        raise ArgumentError(f"source: {source!r} is unknown; accepted: {', '.join(PUBLISHED)}")
    anew = () if seed is None else (seed,)
    if source == "digits":
        images, labels = read_digits()
        order = stream("digits", WORDS[source], "split", *anew).permutation(len(images))
        test, validation, train = np.split(order, [HELD_OUT, 2 * HELD_OUT])
    elif not isinstance(folder, str) or not folder:
        raise ArgumentError(f"folder: {folder!r}; accepted: the folder with the original files of {source}")
    elif source not in PUBLISHED:
        arrays = read_arrays(Path(folder) / ORIGINALS)[0]
        images, labels = arrays["images"], arrays["labels"]
        held_out = len(images) // VALIDATION
        order = stream("digits", OWN_WORD, "split", *anew).permutation(len(images))
        test, validation, train = np.split(order, [held_out, 2 * held_out])
    else:
        arrays = image_set(source, folder)
        images, labels = (
            np.concatenate([arrays[f"{part}_{kind}"] for part in ("train", "test")]) for kind in ("images", "labels")
        )
        own = len(arrays["train_images"])
        if own < VALIDATION:
            raise FileError(f"{folder}: {own} training images of {source}; expected {VALIDATION} or more")
        order = stream("digits", WORDS[source], "split", *anew).permutation(own)
        validation, train = np.split(order, [own // VALIDATION])
        test = np.arange(own, len(images))
    pools = {"train": np.sort(train), "validation": np.sort(validation), "test": np.sort(test)}
    return Originals(images, labels, BRIGHTEST.get(source, 255), pools)


def read_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 1,797 images of scikit-learn, shape (n, 8, 8), uint8 in 0..16, and their labels, int64."""
    try:
        bunch = importlib.import_module("sklearn.datasets").load_digits()
    except ImportError as error:
        raise ArgumentError(
            f"source: 'digits' needs scikit-learn; accepted: {', '.join(PUBLISHED[1:])} without it"
        ) from error
    return bunch.images.astype(np.uint8), bunch.target.astype(np.int64)


def draw_originals(pool: np.ndarray, count: int, names: tuple[str | int, ...], repeated: bool) -> np.ndarray:
    """`count` indices out of the pool: the pool in random order, as often as it takes, or each drawn on its own."""
    generator = stream(*names, "original")
    if not repeated:
        return np.asarray(pool[generator.integers(len(pool), size=count)])
    rounds = math.ceil(count / len(pool))
    return np.concatenate([generator.permutation(pool) for _ in range(rounds)])[:count]


def render(
    originals: Originals,
    part: str,
    chosen: np.ndarray,
    names: tuple[str | int, ...],
    size: int,
    canvas: int,
    grid: int,
    clutter: int,
    shades: int,
) -> np.ndarray:
    """Images of the `chosen` originals, shape (n, canvas, canvas); `names` is the prefix of every stream."""
    count, pool = len(chosen), originals.pools[part]

    def draw(limit: int, *parameter: str | int) -> np.ndarray:
        return stream(*names, *parameter).integers(limit, size=count)

    torn = [pool[draw(len(pool), "clutter", layer, "original")] for layer in range(clutter)]
    used, where = np.unique(np.stack([chosen, *torn]), return_inverse=True)
    shown, *torn = where.reshape(clutter + 1, count)
    # the brighter of two pixels is the same before and after quantising
    scaled = quantised(originals.images[used], originals.brightest, size, shades)
    images = np.zeros((count, canvas, canvas), dtype=np.uint8)
    side = max(2, size // 2)
    for layer, other in enumerate(torn):
        cut_row, cut_column, row, column = (
            draw(limit, "clutter", layer, parameter)
            for limit, parameter in (
                (size - side + 1, "cut_row"),
                (size - side + 1, "cut_column"),
                (canvas - side + 1, "row"),
                (canvas - side + 1, "column"),
            )
        )
        lay(images, scaled[squares(other, cut_row, cut_column, side)], row, column)
    places = (canvas - size) // grid + 1
    lay(images, scaled[shown], grid * draw(places, "row"), grid * draw(places, "column"))
    return images


def quantised(images: np.ndarray, brightest: int, size: int, shades: int) -> np.ndarray:
    """Images of full scale `brightest` resampled to size×size and quantised, uint8 in 0..shades-1."""
    matrix = resampling(images.shape[-1], size)
    result = np.empty((len(images), size, size), dtype=np.uint8)
    for start in range(0, len(images), CHUNK):
        shares = matrix @ (images[start : start + CHUNK] / brightest) @ matrix.T
        # rounded, so that the order in which a machine adds doesn't decide a tie
        if shades == 2:
            result[start : start + CHUNK] = np.round(shares, DECIMALS) >= THRESHOLD
        else:
            result[start : start + CHUNK] = np.rint(np.round(shares * (shades - 1), DECIMALS))
    return result


def resampling(side: int, size: int) -> np.ndarray:
    """The matrix that resamples one axis from `side` to `size` pixels, each an interval of one grid; rows sum to 1.

    Both ways of resampling act on each axis alone: one matrix resamples every image.
    """
    if size < side:
        edges, own = np.linspace(0, side, size + 1)[:, None], np.arange(side)
        shares = (np.minimum(edges[1:], own + 1) - np.maximum(edges[:-1], own)).clip(min=0)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    matrix: np.ndarray = ndimage.zoom(np.eye(side), (size / side, 1), order=1, grid_mode=True, mode="nearest")
    return matrix


def squares(which: np.ndarray, row: np.ndarray, column: np.ndarray, side: int) -> tuple[np.ndarray, ...]:
    """Index of the squares of this side at these corners in these images; what it takes out has (n, side, side)."""
    steps = np.arange(side)
    return which[:, None, None], row[:, None, None] + steps[:, None], column[:, None, None] + steps


def lay(images: np.ndarray, patches: np.ndarray, row: np.ndarray, column: np.ndarray) -> None:
    """Put one square patch into every image, in place; the brighter pixel stays."""
    index = squares(np.arange(len(images)), row, column, patches.shape[-1])
    images[index] = np.maximum(images[index], patches)
