"""Patterns: binary images of random pixels, of which one class has pixels that follow from others.

All pixels are fair coins. In class 1 a pixel of one half of the image follows, with chance `followed`, from others:

- `left-right`, `top-bottom`: it is its mirror image;
- `half turn`: it is its image under a turn by 180° (point symmetry);
- `halves`: it is the pixel half a side to the left, so that the left half is repeated;
- `triples`: it is the parity of two others, all drawn once for all images;
- `none`: of nothing, so that both classes are the same noise.

Every single pixel is a fair coin in either class. Of `triples` every pair of pixels is independent, too: nothing that
is said of pairs tells the classes apart.
"""

from collections.abc import Callable

import numpy as np

from convac.datasets.blobs import require_integer
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.seeds import stream

# Where the pixel at a row and column, both counted from 0, has its partner in an image of a side.
PARTNERS: dict[str, Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]] = {
    "left-right": lambda row, column, side: (row, side - 1 - column),
    "top-bottom": lambda row, column, side: (side - 1 - row, column),
    "half turn": lambda row, column, side: (side - 1 - row, side - 1 - column),
    "halves": lambda row, column, side: (row, (column + side // 2) % side),
}
TRIPLES, NONE = "triples", "none"
WORDS = {name: name for name in (*PARTNERS, TRIPLES, NONE)}  # of streams: seeds, not names


def generate(
    relation: str,
    seed: int,
    side: int = 16,
    followed: float = 0.5,
    train: int = 4000,
    validation: int = 1000,
    test: int = 1000,
) -> Arrays:
    """Train, validation and test images of one relation.

    Args:
        relation: `left-right`, `top-bottom`, `half turn`, `halves`, `triples` or `none`.
        seed: non-negative integer.
        side: pixels along each axis, an even number from 2 up.
        followed: chance in [0, 1] that a pixel of class 1 follows; otherwise it is a fair coin.
        train, validation, test: numbers of images, from 1 up.

    Returns:
        `train_images`, `validation_images`, `test_images`: shape (n, side, side), uint8 in {0, 1};
        `train_labels`, `validation_labels`, `test_labels`: shape (n,), int64 in {0, 1}, each a fair coin.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    >>> arrays = generate("left-right", seed=0, side=4, followed=1.0, train=9, validation=1, test=1)
    >>> images = arrays["train_images"][arrays["train_labels"] == 1]
    >>> bool((images == images[:, :, ::-1]).all())
    True
    """
    if relation not in WORDS:
        raise ArgumentError(f"relation: {relation!r} is unknown; accepted: {', '.join(WORDS)}")
    require_integer("seed", seed, least=0)
    require_integer("side", side, least=2)
    if side % 2:
        raise ArgumentError(f"side: {side}; accepted: an even number from 2 up")
    if not isinstance(followed, int | float) or isinstance(followed, bool) or not 0 <= followed <= 1:
        raise ArgumentError(f"followed: {followed!r}; accepted: a number from 0 to 1")
    target, sources = followers(relation, side)
    arrays: Arrays = {}
    for part, count in (("train", train), ("validation", validation), ("test", test)):
        require_integer(part, count, least=1)
        names = ("patterns", WORDS[relation], seed, part)
        labels = stream(*names, "label").integers(2, size=count)
        images = stream(*names, "pixel").integers(2, size=(count, side**2), dtype=np.uint8)
        follows = (stream(*names, "follows").random((count, len(target))) < followed) & (labels == 1)[:, None]
        parity = images[:, sources].sum(axis=2, dtype=np.uint8) % 2
        images[:, target] = np.where(follows, parity, images[:, target])
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = images.reshape(count, side, side), labels
    return arrays


def followers(relation: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels that may follow, shape (n,), and those whose parity each follows, shape (n, 1) or (n, 2)."""
    pixels = np.arange(side**2)
    if relation == NONE:
        return pixels[:0], pixels[:0, None]
    if relation == TRIPLES:
        drawn = stream("patterns", TRIPLES, "places", side).permutation(pixels)
        triples = drawn[: side**2 // 3 * 3].reshape(-1, 3)
        return triples[:, 0], triples[:, 1:]
    row, column = np.divmod(pixels, side)
    partner_row, partner_column = PARTNERS[relation](row, column, side)
    partners = partner_row * side + partner_column
    later = pixels > partners
    return pixels[later], partners[later, None]
