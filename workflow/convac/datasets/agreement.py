"""Agreement: binary images whose label depends only on pairs of marks at one exact distance.

A mark is a 2×2 block with one of its two diagonals lit; its kind says which. Both kinds light two pixels, so that no
number of pixels tells a kind. A pair is two marks in the same rows, `distance` columns apart from left edge to left
edge, at a random place. Two tasks:

- `parity`: one pair. The left kind is a fair coin; label 1 when the kinds differ (their XOR).
- `agreement`: four pairs, an empty row or more between any two. Two left marks of either kind, two right marks of
  either kind, in random order; label 1 when every pair agrees, 0 when none does.

Every site, every mark, every set of left marks alone and every set of right marks alone has the same statistics in
both classes; so has the number of lit pixels. `parity` is told by how many marks of a kind an image holds, wherever
they are: a network that counts marks needs no distance. In `agreement` that number is constant too, and only the joint
kinds at the distance tell.

Clutter: of the even grid's 2×2 cells, those whose pixels are 2 or more rows or columns away from every mark's hold one
lit pixel with chance `density`, in the same corner of every cell of an image: never two in a block, so none is a mark.
"""

import numpy as np

from convac.datasets.blobs import require_integer
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.seeds import stream

PAIRS = {"parity": 1, "agreement": 4}  # in an image, by task
WORDS = {"parity": "parity", "agreement": "agreement"}  # of streams: seeds, not names
KINDS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], dtype=np.uint8)
SPACING = 3  # rows from one pair to the next at least: a mark's two and an empty one
NEAR = 2  # rows and columns between the corners of a cell and of a mark whose pixels are less than 2 apart


def generate(
    task: str,
    seed: int,
    distance: int,
    canvas: int = 32,
    train: int = 8000,
    validation: int = 1000,
    test: int = 1500,
    density: float = 0.0,
) -> Arrays:
    """Train, validation and test images of one task at one distance.

    Image i depends on the other arguments and its part, not on how many are made.

    Args:
        task: `parity` or `agreement`.
        seed: non-negative integer.
        distance: columns between the left edges of a pair's marks, from 2 to canvas - 2.
        canvas: pixels along each axis, from 4 up for `parity`, from 11 up for `agreement`.
        train: number of images, from 1 up.
        validation: likewise.
        test: likewise.
        density: chance in [0, 1] that a cell away from all marks holds a lit pixel.

    Returns:
        `train_images`, `validation_images`, `test_images`: shape (n, canvas, canvas), uint8 in {0, 1};
        `train_labels`, `validation_labels`, `test_labels`: shape (n,), int64 in {0, 1}, each a fair coin.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    >>> arrays = generate("parity", seed=0, distance=3, canvas=8, train=1, validation=1, test=1)
    >>> int(arrays["train_images"].sum())
    4
    """
    if task not in PAIRS:
        raise ArgumentError(f"task: {task!r} is unknown; accepted: {', '.join(PAIRS)}")
    require_integer("seed", seed, least=0)
    pairs = PAIRS[task]
    require_integer("canvas", canvas, least=max(4, pairs + 1 + (pairs - 1) * (SPACING - 1)))
    if not isinstance(distance, int) or isinstance(distance, bool) or not 2 <= distance <= canvas - 2:
        raise ArgumentError(f"distance: {distance!r}; accepted: an integer from 2 to {canvas - 2}")
    if not isinstance(density, int | float) or isinstance(density, bool) or not 0 <= density <= 1:
        raise ArgumentError(f"density: {density!r}; accepted: a number from 0 to 1")
    arrays: Arrays = {}
    for part, count in (("train", train), ("validation", validation), ("test", test)):
        require_integer(part, count, least=1)
        names = ("agreement", WORDS[task], seed, part)
        labels = stream(*names, "label").integers(2, size=count)
        rows = drawn_rows(count, pairs, canvas, names)
        left = stream(*names, "column").integers(canvas - 1 - distance, size=(count, pairs))
        # the marks of all pairs: first the left ones, then the right ones
        columns = np.concatenate([left, left + distance], axis=1)
        rows = np.concatenate([rows, rows], axis=1)
        images = clutter(count, rows, columns, canvas, density, names)
        draw(images, rows, columns, kinds(task, labels, names))
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = images, labels
    return arrays


def drawn_rows(count: int, pairs: int, canvas: int, names: tuple[str | int, ...]) -> np.ndarray:
    """Upper rows of every image's pairs, shape (count, pairs), ascending, SPACING or more apart; all such alike."""
    free = canvas - 1 - (pairs - 1) * (SPACING - 1)
    chosen = stream(*names, "row").random((count, free)).argsort(axis=1)[:, :pairs]
    return np.asarray(np.sort(chosen, axis=1) + np.arange(pairs) * (SPACING - 1))


def kinds(task: str, labels: np.ndarray, names: tuple[str | int, ...]) -> np.ndarray:
    """Kinds of the left marks, then of the right ones, shape (n, 2 · pairs), that the labels ask for."""
    generator = stream(*names, "kind")
    if task == "parity":
        left = generator.integers(2, size=(len(labels), 1))
        differ = labels
    else:
        # ranks in random order: the lower half of them is one kind
        ranks = generator.random((len(labels), PAIRS[task])).argsort(axis=1)
        left = (ranks < PAIRS[task] // 2).astype(np.int64)
        differ = 1 - labels
    return np.concatenate([left, left ^ differ[:, None]], axis=1)


def draw(images: np.ndarray, rows: np.ndarray, columns: np.ndarray, which: np.ndarray) -> None:
    """Put marks into every image, in place.

    Args:
        images: shape (n, canvas, canvas).
        rows: upper row of every mark, shape (n, marks).
        columns: left column of every mark, shape (n, marks).
        which: kinds, shape (n, marks).
    """
    steps = np.arange(2)
    image = np.arange(len(images))[:, None, None, None]
    images[image, rows[..., None, None] + steps[:, None], columns[..., None, None] + steps] = KINDS[which]


def clutter(
    count: int, rows: np.ndarray, columns: np.ndarray, canvas: int, density: float, names: tuple[str | int, ...]
) -> np.ndarray:
    """Images of clutter alone, shape (count, canvas, canvas), that leave room for marks at these places."""
    images = np.zeros((count, canvas, canvas), dtype=np.uint8)
    cells = canvas // 2
    lit = stream(*names, "clutter").random((count, cells, cells)) < density
    corners = 2 * np.arange(cells)
    for row, column in zip(rows.T, columns.T, strict=True):
        near_rows, near_columns = (np.abs(corners - place[:, None]) <= NEAR for place in (row, column))
        lit &= ~(near_rows[:, :, None] & near_columns[:, None, :])
    shift_row, shift_column = stream(*names, "corner").integers(2, size=(count, 2)).T
    image, row, column = np.nonzero(lit)
    images[image, 2 * row + shift_row[image], 2 * column + shift_column[image]] = 1
    return images
