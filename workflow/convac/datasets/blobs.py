"""Blobs: binary images of one torn blob each, classified by how closed or how left-right symmetric it is.

Source: 1605.06743, Experiments. An image goes through these steps, with n = `side` (32 there):

1. an ellipse centred in the n×n frame, horizontal semi-axis n/2, vertical int(2^U(log2 n − 1.5, log2 n) / 2);
2. column x rolled down by int(A sin ωx), A ~ U(0, n/8), ω ~ U(0, 3·2π/n);
3. rotated about the centre by U(0, 180)°, with cubic splines and empty space outside the frame;
4. with chance ½ scaled to half its side, the corner pixels onto the corner pixels, with cubic splines;
5. placed in its *region*: a random quarter of the frame, or all of it when it wasn't scaled;
6. binarised at 0.1;
7. every pixel dropped with a chance p ~ U(0.1, 0.33); with chance ½ the dropped pixels of the region's right half
   mirror those of its left half; an image left empty is passed over.

Steps 6 and 7 commute (a dropped pixel is 0 either way). Cubic splines are the default of `scipy.ndimage`, which the
authors' released generator uses; linear interpolation shifts what the pixel count tells by less than 0.01.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, special

from convac.errors import ArgumentError
from convac.files import Arrays
from convac.seeds import stream

THRESHOLD = 0.1  # of binarisation
DROP = (0.1, 0.33)  # chance that a pixel is dropped
CHUNK = 1000  # images rendered together; bounds the memory and changes nothing else
PARAMETERS = 9  # random numbers per image, beside one per pixel


@dataclass(frozen=True)
class Blobs:
    """Rendered images and their regions.

    Attributes:
        images: shape (n, side, side), bool.
        left: first column of each region, shape (n,).
        width: side of each region, shape (n,).
    """

    images: np.ndarray
    left: np.ndarray
    width: np.ndarray


def generate(
    task: str,
    seed: int,
    rendered_train: int = 25_000,
    rendered_test: int = 5_000,
    keep: float = 0.4,
    side: int = 32,
) -> Arrays:
    """Train and test images of one task.

    Both tasks select from the same rendered images; image i depends on the seed, its set and the side alone, not on
    how many are rendered.

    Args:
        task: `closedness` or `symmetry`.
        seed: non-negative integer.
        rendered_train: images rendered for the train set, before selection.
        rendered_test: images rendered for the test set, before selection.
        keep: fraction of the rendered images of each set that become class 1 (highest scores) and class 0 (lowest).
        side: pixels along each axis, a power of two from 16 up.

    Returns:
        `train_images`, `test_images`: shape (n, side, side), uint8 in {0, 1}; `train_labels`, `test_labels`:
        shape (n,), int64. Both classes have int(keep · rendered) images, in shuffled order.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    >>> arrays = generate("symmetry", seed=0, rendered_train=10, rendered_test=5)
    >>> arrays["train_images"].shape, arrays["test_labels"].sum()
    ((8, 32, 32), np.int64(2))
    """
    if task not in SCORES:
        raise ArgumentError(f"task: {task!r} is unknown; accepted: {', '.join(SCORES)}")
    require_integer("seed", seed, least=0)
    require_integer("side", side, least=16)
    if side & (side - 1):
        raise ArgumentError(f"side: {side}; accepted: a power of two from 16 up")
    if not isinstance(keep, float) or not 0 < keep <= 0.5:
        raise ArgumentError(f"keep: {keep!r}; accepted: a number above 0 and at most 0.5")
    arrays: Arrays = {}
    for name, count in (("train", rendered_train), ("test", rendered_test)):
        require_integer(f"rendered_{name}", count, least=1)
        if int(keep * count) < 1:
            raise ArgumentError(f"rendered_{name}: {count} leave no image; accepted: at least {math.ceil(1 / keep)}")
        blobs = render(count, stream("blobs", seed, side, name), side)
        chosen, labels = extremes(SCORES[task](blobs), keep)
        shuffled = stream("blobs", seed, side, name, WORDS[task], "shuffle").permutation(len(chosen))
        arrays[f"{name}_images"] = blobs.images[chosen[shuffled]].astype(np.uint8)
        arrays[f"{name}_labels"] = labels[shuffled]
    return arrays


def require_integer(key: str, value: object, least: int) -> None:
    """Raise ArgumentError unless `value` is an integer of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ArgumentError(f"{key}: {value!r}; accepted: an integer from {least} up")


def render(count: int, generator: np.random.Generator, side: int = 32) -> Blobs:
    """The first `count` images of the endless sequence that `generator` stands for."""
    parts: list[Blobs] = []
    missing = count
    while missing:
        parts.append(without_empty(render_chunk(min(CHUNK, missing), generator, side)))
        missing -= len(parts[-1].images)
    return Blobs(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.width for part in parts]),
    )


def without_empty(blobs: Blobs) -> Blobs:
    """The blobs that have at least one pixel."""
    filled = blobs.images.any(axis=(1, 2))
    return Blobs(blobs.images[filled], blobs.left[filled], blobs.width[filled])


def render_chunk(count: int, generator: np.random.Generator, side: int) -> Blobs:
    """The next `count` images of `generator`, empty ones included.

    Every image takes the same number of draws, one image after another: chunks of any size give the same images.
    """
    draws = generator.random((count, PARAMETERS + side * side))
    height, amplitude, frequency, angle, scaling, tile_row, tile_column, chance, mirroring = draws[:, :PARAMETERS].T
    images = ellipses((2 ** (math.log2(side) - 1.5 + 1.5 * height) / 2).astype(int), side)
    images = rolled(images, side / 8 * amplitude, 3 * 2 * math.pi / side * frequency)
    small = scaling < 0.5
    half = side // 2
    top, left = (np.where(small & (place < 0.5), half, 0) for place in (tile_row, tile_column))
    width = np.where(small, half, side)
    images = placed(rotated(images, 180 * angle), small, top, left)
    columns = np.arange(side)
    # pixels outside the region are 0, so what the mirrored mask holds there doesn't matter
    mirrored = np.minimum(columns, reflected_columns(side, left, width))
    source = np.where((mirroring < 0.5)[:, None], mirrored, columns)
    kept = draws[:, PARAMETERS:].reshape(images.shape) >= (DROP[0] + (DROP[1] - DROP[0]) * chance)[:, None, None]
    return Blobs(images & with_columns(kept, source), left, width)


def ellipses(vertical: np.ndarray, side: int) -> np.ndarray:
    """Filled ellipses with horizontal semi-axis side/2 and these vertical ones, shape (n, side, side), bool."""
    centred = np.arange(side) - (side - 1) / 2
    inside: np.ndarray = (centred[:, None] / vertical[:, None, None]) ** 2 + (centred / (side / 2)) ** 2 < 1
    return inside


def rolled(images: np.ndarray, amplitude: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Images whose column x is rolled down by int(amplitude · sin(frequency · x)), rounded towards 0."""
    side = images.shape[-1]
    shifts = (amplitude[:, None] * np.sin(frequency[:, None] * np.arange(side))).astype(int)
    # a rolled column is a window of two copies of it: whole columns are taken, not pixels
    windows = sliding_window_view(np.concatenate([images, images], axis=1), side, axis=1)
    columns: np.ndarray = windows[np.arange(len(images))[:, None], -shifts % side, np.arange(side)]
    return columns.swapaxes(1, 2)


def rotated(images: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Images rotated about their centre, in their own frame, with cubic splines; float64.

    What `ndimage.rotate` gives of each image; fitting the splines of all images together takes a third off its time.
    """
    splines = images.astype(np.float64, order="C")
    for axis in (1, 2):
        # mode: `rotate`'s own
        ndimage.spline_filter1d(splines, order=3, axis=axis, output=splines, mode="constant")
    cosine, sine = special.cosdg(degrees), special.sindg(degrees)
    turns = np.stack([cosine, sine, -sine, cosine], axis=-1).reshape(-1, 2, 2)
    centre = np.full(2, (images.shape[-1] - 1) / 2)
    offsets = centre - turns @ centre
    result = np.empty_like(splines)
    for spline, turn, offset, target in zip(splines, turns, offsets, result, strict=True):
        ndimage.affine_transform(spline, turn, offset, output=target, order=3, prefilter=False)
    return result


def placed(images: np.ndarray, small: np.ndarray, top: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Images binarised, after the `small` ones are halved and put at row `top`, column `left` of an empty frame."""
    side = images.shape[-1]
    half = side // 2
    result = images > THRESHOLD
    result[small] = False
    # spline scaling is linear and acts on each axis alone: one matrix scales every image
    halving = ndimage.zoom(np.eye(side), (0.5, 1), order=3)
    for image, row, column in zip(np.flatnonzero(small), top[small], left[small], strict=True):
        scaled = halving @ images[image] @ halving.T
        result[image, row : row + half, column : column + half] = scaled > THRESHOLD
    return result


def reflected_columns(side: int, left: np.ndarray, width: np.ndarray) -> np.ndarray:
    """The mirror image of every column in its region, shape (n, side); clipped to the frame outside the region."""
    columns: np.ndarray = (2 * left + width - 1)[:, None] - np.arange(side)
    return columns.clip(0, side - 1)


def with_columns(images: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Images (n, rows, side) of which each has column `source[image, x]` of its own, shape (n, side), at column x."""
    return images[np.arange(len(images))[:, None], :, source].swapaxes(1, 2)


def closing(images: np.ndarray) -> np.ndarray:
    """Morphological closing of each image by the 3×3 cross, in a frame that is empty beyond its border.

    A dilation (union of the image and its four shifts), then an erosion (intersection of the same five).
    """
    # one cell for the dilation to grow into, one more so that every cell there has its neighbours
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    dilated = padded.copy()
    dilated[:, 1:] |= padded[:, :-1]
    dilated[:, :-1] |= padded[:, 1:]
    dilated[:, :, 1:] |= padded[:, :, :-1]
    dilated[:, :, :-1] |= padded[:, :, 1:]
    eroded = dilated.copy()
    eroded[:, 1:] &= dilated[:, :-1]
    eroded[:, :-1] &= dilated[:, 1:]
    eroded[:, :, 1:] &= dilated[:, :, :-1]
    eroded[:, :, :-1] &= dilated[:, :, 1:]
    return eroded[:, 2:-2, 2:-2]


def pixel_counts(images: np.ndarray) -> np.ndarray:
    """Set pixels of each image, shape (n,)."""
    return np.asarray(np.count_nonzero(images, axis=(1, 2)))


def closedness(blobs: Blobs) -> np.ndarray:
    """|blob| / |closing(blob)| of each image, shape (n,), in (0, 1]."""
    scores: np.ndarray = pixel_counts(blobs.images) / pixel_counts(closing(blobs.images))
    return scores


def symmetry(blobs: Blobs) -> np.ndarray:
    """|blob ∧ its left-right flip in the region| / |blob| of each image, shape (n,), in [0, 1]."""
    reflected = reflected_columns(blobs.images.shape[-1], blobs.left, blobs.width)
    flipped = with_columns(blobs.images, reflected)
    scores: np.ndarray = pixel_counts(blobs.images & flipped) / pixel_counts(blobs.images)
    return scores


SCORES: dict[str, Callable[[Blobs], np.ndarray]] = {"closedness": closedness, "symmetry": symmetry}
WORDS = {"closedness": "closedness", "symmetry": "symmetry"}  # of streams: seeds, not names


def label_score(images: np.ndarray, task: str) -> np.ndarray:
    """The score behind a task's label, of any images (n, side, side) that have a pixel, shape (n,).

    The region is the whole frame: what is in a quarter of it has all its pixels in one half. Composites of images with
    pixels in each half are blobs as large as the frame.
    """
    blobs = Blobs(images != 0, np.zeros(len(images), dtype=int), np.full(len(images), images.shape[-1]))
    return SCORES[task](blobs)


def extremes(scores: np.ndarray, keep: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the int(keep · n) lowest and highest scores, and their labels 0 and 1; the earlier of equals first."""
    count = int(keep * len(scores))
    order = np.argsort(scores, kind="stable")
    chosen = np.concatenate([order[:count], order[len(order) - count :]])
    return chosen, np.repeat(np.array([0, 1], dtype=np.int64), count)
