"""What is recorded beside a dataset of images."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.datasets.summaries import COLUMNS, count_accuracy, summarise
from convac.errors import ArgumentError


def images_with(counts, sites=12):
    return (np.arange(sites) < np.array(counts)[:, None]).astype(np.uint8).reshape(-1, 3, sites // 3)


@pytest.fixture
def arrays():
    return {
        "train_images": images_with([1, 2, 5, 6, 1]),
        "train_labels": np.array([0, 0, 1, 1, 0]),
        "test_images": images_with([2, 6, 5, 1]),
        "test_labels": np.array([1, 1, 1, 0]),
    }


def test_the_table_is_tidy_and_holds_the_first_examples_of_each_class(arrays):
    table = summarise(arrays, examples=2)
    assert tuple(table.columns) == COLUMNS
    assert [str(kind) for kind in table.dtypes[["label", "example", "site", "value"]]] == ["Int64"] * 3 + ["float64"]
    pixels = table[table.quantity == "pixel"]
    assert not pixels.duplicated(["label", "example", "site"]).any()
    assert len(pixels) == 3 * 12  # class 0 has a single test image
    for label, example, index in [(0, 0, 3), (1, 0, 0), (1, 1, 1)]:
        shown = pixels[(pixels.label == label) & (pixels.example == example)].sort_values("site")
        assert np.array_equal(shown.value, arrays["test_images"][index].ravel())


def test_whole_dataset_rows_have_no_class_example_or_site(arrays):
    whole = summarise(arrays).query("quantity != 'pixel'")
    assert whole[["label", "example", "site"]].isna().all(axis=None)
    values = dict(zip(whole.quantity, whole.value, strict=True))
    expected = count_accuracy(
        *(arrays[f"{part}_{kind}"] for part in ("train", "test") for kind in ("images", "labels"))
    )
    assert values == {"train_images": 5.0, "test_images": 4.0, "count_accuracy": expected}


def test_images_that_are_not_binary_have_no_count_rule(arrays):
    grey = {**arrays, "train_images": arrays["train_images"] * 0.5}
    assert "count_accuracy" not in set(summarise(grey).quantity)
    with pytest.raises(ArgumentError, match=r"^train_images: .*accepted: pixels 0 and 1"):
        count_accuracy(grey["train_images"], grey["train_labels"], grey["test_images"], grey["test_labels"])


def test_no_examples_leave_only_whole_dataset_rows(arrays):
    table = summarise(arrays, examples=0)
    assert set(table.quantity) == {"train_images", "test_images", "count_accuracy"}


def test_the_table_survives_parquet_and_csv(arrays, tmp_path):
    from convac.files import read_table, write_table

    table = summarise(arrays)
    for name in ("summary.parquet", "summary.csv"):
        write_table(tmp_path / name, table)
        kept = read_table(tmp_path / name, COLUMNS).astype(table.dtypes)
        pd.testing.assert_frame_equal(kept, table)


@pytest.mark.parametrize("name", ["train_images", "train_labels", "test_images", "test_labels"])
def test_a_missing_array_is_named(arrays, name):
    del arrays[name]
    with pytest.raises(ArgumentError, match=f"^{name}: is missing; accepted: "):
        summarise(arrays)


def test_bad_arguments_are_named(arrays):
    with pytest.raises(ArgumentError, match=r"^examples: -1; accepted: "):
        summarise(arrays, examples=-1)
    with pytest.raises(ArgumentError, match=r"^test_labels: .*accepted: a label per image"):
        summarise({**arrays, "test_labels": np.zeros(3, dtype=np.int64)})
    values = [arrays[f"{part}_{kind}"] for part in ("train", "test") for kind in ("images", "labels")]
    for window in (0, 4):
        with pytest.raises(ArgumentError, match=f"^window: {window}; accepted: "):
            count_accuracy(*values, window=window)


labelled = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(labelled, labelled, st.sampled_from([1, 3, 5, 21]))
def test_the_count_rule_by_loops(train, test, window):
    # the nearest filled window is looked for among the counts that occur at all
    largest = max(count for count, _ in train + test)
    margin = window // 2
    filled = [c for c in range(largest + 1) if any(abs(c - other) <= margin for other, _ in train)]
    correct = 0
    for count, label in test:
        middle = min(filled, key=lambda candidate: (abs(candidate - count), candidate))
        votes = [voted for other, voted in train if abs(other - middle) <= margin]
        correct += label == min(set(votes), key=lambda voted: (-votes.count(voted), voted))
    counts, labels = zip(*train, strict=True)
    test_counts, test_labels = zip(*test, strict=True)
    accuracy = count_accuracy(
        images_with(counts), np.array(labels), images_with(test_counts), np.array(test_labels), window=window
    )
    assert accuracy == pytest.approx(correct / len(test))


def test_the_count_rule_reads_the_count_alone():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 400)
    images = images_with(3 + 4 * labels)
    shuffled = generator.permuted(images.reshape(400, -1), axis=1).reshape(images.shape)
    assert count_accuracy(shuffled[:300], labels[:300], shuffled[300:], labels[300:], window=3) == 1.0
    same_count = generator.permuted(images_with(np.full(400, 5)).reshape(400, -1), axis=1)
    chance = count_accuracy(same_count[:300], labels[:300], same_count[300:], labels[300:])
    assert chance in {labels[300:].mean(), 1 - labels[300:].mean()}


def test_an_unseen_count_is_answered_like_the_nearest_seen_one():
    train, labels = images_with([2, 9]), np.array([0, 1])
    assert count_accuracy(train, labels, images_with([0, 5, 6, 12]), np.array([0, 0, 1, 1]), window=1) == 1.0
