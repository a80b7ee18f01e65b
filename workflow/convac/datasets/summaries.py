"""What is recorded beside any dataset of labelled images, as a tidy table: examples, sizes and a trivial baseline."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from convac.errors import ArgumentError

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
VALIDATION = ("validation_images", "validation_labels")
COLUMNS = ("label", "example", "site", "quantity", "value")


def summarise(arrays: Mapping[str, np.ndarray], examples: int = 4) -> pd.DataFrame:
    """Examples, sizes and baseline of an image dataset.

    Args:
        arrays: `train_images`, `test_images` of shape (n, …) and `train_labels`, `test_labels` of shape (n,); and,
            if there is a validation set, `validation_images` and `validation_labels` likewise.
        examples: test images per class to record, the first ones of each.

    Returns:
        A table with columns `label`, `example`, `site` (nullable integers), `quantity` and `value`. Quantity `pixel`:
        one row per class, example and site, sites in row-major order; where a pixel of any image is above 1, as a
        fraction of the largest one. Without label, example and site: `train_images`, `test_images` and, if there are
        any, `validation_images` (their numbers) and, for binary images, `count_accuracy`.

    Raises:
        ArgumentError: an array is missing, images and labels differ in number, or `examples` is negative.
    """
    check(arrays)
    if examples < 0:
        raise ArgumentError(f"examples: {examples}; accepted: an integer from 0 up")
    train_images, train_labels, test_images, test_labels = (arrays[name] for name in ARRAYS)
    names = [f"{part}_images" for part in parts(arrays)]
    totals = {name: float(len(arrays[name])) for name in names}
    if binary(train_images) and binary(test_images):
        totals["count_accuracy"] = count_accuracy(train_images, train_labels, test_images, test_labels)
    brightest = max(1.0, *(float(arrays[name].max()) for name in names))
    table = pd.concat(
        [pixels(test_images, classes_of(test_labels), examples, brightest), overall(totals)], ignore_index=True
    )
    return table.astype({"label": "Int64", "example": "Int64", "site": "Int64", "value": "float64"})


def summarise_draws(drawn: Sequence[Mapping[str, np.ndarray]], seeds: Sequence[int]) -> pd.DataFrame:
    """What `summarise` says of several draws: of each, with its seed, sizes and baseline; examples of the first alone.

    Args:
        drawn: the arrays of each draw.
        seeds: of the draws; none where there is one draw without a seed of its own.
    """
    if not seeds:
        return summarise(drawn[0])
    tables = [summarise(arrays, 0 if number else 4) for number, arrays in enumerate(drawn)]
    return pd.concat([table.assign(seed=seed) for table, seed in zip(tables, seeds, strict=True)], ignore_index=True)


def classes_of(labels: np.ndarray) -> np.ndarray:
    """The class of every image; 0 for all where an image has several labels."""
    return labels if labels.ndim == 1 else np.zeros(len(labels), dtype=np.int64)


def check(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise ArgumentError unless `arrays` holds non-empty train and test sets with a label per image.

    A validation set may be there too; then it must be such a set as well.
    """
    expected = ARRAYS + VALIDATION if "validation" in parts(arrays) else ARRAYS
    missing = [name for name in expected if name not in arrays]
    if missing:
        raise ArgumentError(f"{missing[0]}: is missing; accepted: {', '.join(expected)}")
    for name in parts(arrays):
        images, labels = arrays[f"{name}_images"], arrays[f"{name}_labels"]
        if len(images) == 0 or labels.ndim not in {1, 2} or len(labels) != len(images):
            raise ArgumentError(
                f"{name}_labels: shape {list(labels.shape)}, images {list(images.shape)}; "
                "accepted: a label per image, or several"
            )


def parts(arrays: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Names of the sets: `validation` is one of them if any array of it is there."""
    return ("train", "test", "validation") if any(name in arrays for name in VALIDATION) else ("train", "test")


def binary(images: np.ndarray) -> bool:
    """Whether every pixel is 0 or 1."""
    return bool(((images == 0) | (images == 1)).all())


def pixels(images: np.ndarray, labels: np.ndarray, examples: int, brightest: float = 1.0) -> pd.DataFrame:
    """Rows `pixel` for the first `examples` images of each class, as shares of the value `brightest`."""
    flat = images.reshape(len(images), -1)
    first = {int(label): np.flatnonzero(labels == label)[:examples] for label in np.unique(labels)}
    where = [(label, example) for label, chosen in first.items() for example in range(len(chosen))]
    shown = flat[np.concatenate(list(first.values()))]
    return pd.DataFrame(
        {
            "label": np.repeat(np.array([label for label, _ in where], dtype=np.int64), flat.shape[1]),
            "example": np.repeat(np.array([example for _, example in where], dtype=np.int64), flat.shape[1]),
            "site": np.tile(np.arange(flat.shape[1]), len(where)),
            "quantity": "pixel",
            "value": shown.ravel().astype(np.float64) / brightest,
        },
        columns=list(COLUMNS),
    )


def overall(totals: Mapping[str, float]) -> pd.DataFrame:
    """One row per quantity of the whole dataset."""
    nothing = pd.array([pd.NA] * len(totals), dtype="Int64")
    columns = {"label": nothing, "example": nothing, "site": nothing}
    return pd.DataFrame({**columns, "quantity": list(totals), "value": list(totals.values())}, columns=list(COLUMNS))


def count_accuracy(
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    window: int = 21,
) -> float:
    """Test accuracy of the Bayes rule on the number of set pixels alone, fitted on the train set.

    A network with one hidden layer, shared weights and global product pooling sees a binary image only through this
    number (it depends on the pixels through a product of equal factors), so this is what such a network can reach.
    The rule answers a count with the most frequent label among the train images whose count lies in a window centred
    on it (the lowest such label); a count whose window is empty is answered like the nearest one whose window isn't.
    A window of 1 is the plain histogram: it memorises the noise of the train set and understates the optimum.

    Args:
        train_images: shape (n, …), pixels 0 or 1; and `test_images` likewise.
        train_labels: shape (n,), integers; and `test_labels` likewise.
        test_images: see `train_images`.
        test_labels: see `train_labels`.
        window: odd number of counts that are pooled.

    Returns:
        The fraction of test images answered correctly, in [0, 1].

    Raises:
        ArgumentError: a pixel is neither 0 nor 1, or the window isn't an odd positive number.

    Source: 1605.06743, Experiments (what its shallow networks reach).
    """
    if window < 1 or window % 2 == 0:
        raise ArgumentError(f"window: {window}; accepted: an odd integer from 1 up")
    for name, images in (("train_images", train_images), ("test_images", test_images)):
        if not binary(images):
            raise ArgumentError(f"{name}: hold other values; accepted: pixels 0 and 1")
    train_counts, test_counts = pixel_counts(train_images), pixel_counts(test_images)
    answers = windowed_majority(train_counts, train_labels, int(max(train_counts.max(), test_counts.max())), window)
    return float((answers[test_counts] == test_labels).mean())


def pixel_counts(images: np.ndarray) -> np.ndarray:
    """Set pixels of each image, shape (n,)."""
    return np.asarray(np.count_nonzero(images.reshape(len(images), -1), axis=1))


def windowed_majority(counts: np.ndarray, labels: np.ndarray, largest: int, window: int) -> np.ndarray:
    """The answer to each count from 0 to `largest`: see `count_accuracy`."""
    classes = np.unique(labels)
    histograms = np.stack([np.bincount(counts[labels == label], minlength=largest + 1) for label in classes])
    margin = window // 2
    padded = np.pad(histograms, ((0, 0), (margin, margin)))
    votes = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1).sum(axis=-1)
    answered = np.flatnonzero(votes.any(axis=0))
    distances = np.abs(np.arange(largest + 1)[:, None] - answered)
    nearest: np.ndarray = answered[distances.argmin(axis=1)]
    return np.asarray(classes[votes.argmax(axis=0)[nearest]])
