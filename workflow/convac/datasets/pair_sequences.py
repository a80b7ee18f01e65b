"""Sequences whose label is what pairs of two distances say together.

A sequence of N steps is cut into blocks of 2^k neighbours. The steps of a block are paired, either with their
neighbour (*adjacent* pairs: what the first layer of a dilated network joins, its dilation being 1) or with the step
2^(k − 1) away (*distant* pairs: what the first layer of its companion joins). Some blocks have distant pairs.
Both symbols of a pair are alike or differ.

Either kind of pairs is in one of two states, *often* or *rarely* alike: with chance `often`, or by chance alone, 1 over
the number of symbols. The label, a fair coin, is 1 where both kinds are in the same state: with chance 3/5 both often,
else both rarely. Where it is 0 either kind is the one that is often alike, by a fair coin. So either kind by itself
says little of the label; a rule that takes "both often alike" for 1 is right in four of five sequences at best, and so
is any that adds up what both kinds say; what both say together is all that there is to know. Where all blocks have
pairs of one kind, the label is whether these are often alike.

Every symbol by itself is uniform, whatever the label, and so are any two that aren't paired.

Source: ours, after 1703.06846, Section 5 (index sets that one tree separates early and its companion late).
"""

import numpy as np

from convac.arrays import integer, number
from convac.errors import ArgumentError
from convac.files import Arrays
from convac.geometry.dilations import levels_of
from convac.seeds import stream

BOTH = 0.75  # of sequences whose kinds of pairs are in the same state, how many are often alike


def generate(
    seed: int,
    steps: int = 64,
    group: int = 2,
    symbols: int = 4,
    share: float = 0.5,
    often: float = 0.75,
    train: int = 8000,
    test: int = 1000,
) -> Arrays:
    """Train and test sequences.

    Sequence i depends on the other arguments and its part, not on how many are made.

    Args:
        seed: non-negative integer.
        steps: N, a power of two.
        group: k; a block has 2^k steps, and there are at least two blocks.
        symbols: letters of the alphabet, from 2 up.
        share: of the blocks, those with distant pairs, in [0, 1]; every second block first.
        often: chance in [0, 1] that a pair that is often alike is alike.
        train: number of sequences, from 1 up.
        test: likewise.

    Returns:
        `train_images`, `test_images`: shape (n, N), uint8 or wider, symbols from 0; `train_labels`, `test_labels`:
        shape (n,), int64 in {0, 1}, each a fair coin.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    >>> arrays = generate(seed=0, steps=8, train=2, test=1)
    >>> arrays["train_images"].shape, sorted(arrays)
    ((2, 8), ['test_images', 'test_labels', 'train_images', 'train_labels'])
    """
    seed, letters = integer(seed, "seed", least=0), integer(symbols, "symbols", least=2, most=2**16)
    size = 2 ** integer(group, "group", least=2, most=16)
    levels_of(steps)
    if 2 * size > steps:
        raise ArgumentError(f"steps: {steps}; accepted: at least two blocks of {size}")
    distant = distant_blocks(steps // size, number(share, "share", least=0, most=1))
    chances = np.array([1 / letters, number(often, "often", least=0, most=1)])
    arrays: Arrays = {}
    for part, count in (("train", train), ("test", test)):
        names = ("pair sequences", seed, part)
        labels = stream(*names, "label").integers(2, size=integer(count, part, least=1))
        chance = chances[states(labels, distant, names)][:, distant.astype(np.int64)]
        shape = (len(labels), steps // size, size // 2)
        alike = stream(*names, "alike").random(shape) < chance[..., None]
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = spelt(alike, distant, letters, names), labels
    return arrays


def distant_blocks(blocks: int, share: float) -> np.ndarray:
    """Which blocks have distant pairs, boolean: every second one, then the others.

    >>> distant_blocks(4, 0.5).tolist(), distant_blocks(4, 0.75).tolist()
    ([False, True, False, True], [True, True, False, True])
    """
    order = [*range(1, blocks, 2), *range(0, blocks, 2)]
    found = np.zeros(blocks, dtype=bool)
    found[order[: round(share * blocks)]] = True
    return found


def states(labels: np.ndarray, distant: np.ndarray, names: tuple[str | int, ...]) -> np.ndarray:
    """State of the adjacent and of the distant pairs, 1 for often alike, shape (n, 2), as the labels ask for."""
    if distant.all() or not distant.any():
        return np.stack([labels, labels], axis=1)
    draws = stream(*names, "state").random((len(labels), 2))
    first = np.where(labels == 1, draws[:, 0] < BOTH, draws[:, 1] < 0.5).astype(np.int64)
    return np.stack([first, np.where(labels == 1, first, 1 - first)], axis=1)


def spelt(alike: np.ndarray, distant: np.ndarray, letters: int, names: tuple[str | int, ...]) -> np.ndarray:
    """Sequences (n, N) whose pairs, (n, blocks, pairs), are alike or differ as asked."""
    first = stream(*names, "symbol").integers(letters, size=alike.shape)
    change = stream(*names, "change").integers(1, letters, size=alike.shape)
    second = np.where(alike, first, (first + change) % letters)
    adjacent, apart = np.stack([first, second], axis=3), np.stack([first, second], axis=2)
    blocks = np.where(distant[:, None], *(part.reshape(*alike.shape[:2], -1) for part in (apart, adjacent)))
    return blocks.reshape(len(alike), -1).astype(np.min_scalar_type(letters - 1))


def alike_pairs(images: np.ndarray, group: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each adjacent and each distant pair of sequences is alike, boolean (n, pairs of the kind).

    Args:
        images: (n, N).
        group: k, as in `generate`.
        share: likewise.
    """
    half = 2 ** (group - 1)
    blocks = images.reshape(len(images), -1, 2 * half)
    distant = distant_blocks(blocks.shape[1], share)
    adjacent = blocks[:, ~distant].reshape(len(images), -1, 2)
    apart = blocks[:, distant].reshape(len(images), -1, 2, half)
    return adjacent[..., 0] == adjacent[..., 1], (apart[:, :, 0] == apart[:, :, 1]).reshape(len(images), -1)


def log_odds(images: np.ndarray, group: int, symbols: int, share: float, often: float) -> np.ndarray:
    """ln p(1|x) − ln p(0|x) of sequences (n, N), for `often` strictly between 0 and 1; shape (n,).

    Arguments are those of `generate`.
    """
    found = alike_pairs(images, group, share)
    # ln p(alike pairs | often) − ln p(alike pairs | rarely) of either kind
    like, unlike = float(np.log(often * symbols)), float(np.log((1 - often) / (1 - 1 / symbols)))
    adjacent, distant = (
        np.asarray(each @ np.full(each.shape[1], like) + (~each) @ np.full(each.shape[1], unlike)) for each in found
    )
    if not found[0].size or not found[1].size:
        return np.asarray(adjacent + distant)
    both = np.logaddexp(np.log(BOTH) + adjacent + distant, np.log(1 - BOTH))
    return np.asarray(both - np.logaddexp(np.log(0.5) + adjacent, np.log(0.5) + distant))
