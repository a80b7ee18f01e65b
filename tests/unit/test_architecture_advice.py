"""What architecture_advice computes: candidates, the best of them, and how scores order them."""

import numpy as np
import pytest

from convac.advice.advise import advise, shortlist
from convac.advice.pairs import sample_of
from convac.advice.trials import Trial, accuracies, together
from convac.advice.widths import advised_widths, class_ranks
from convac.datasets.patterns import generate
from convac.errors import ArgumentError
from convac.experiments.architecture_advice import compute as work
from convac.experiments.architecture_advice.jobs import ADVISED, BEST, CANDIDATES, Profiles, Silence, Trees
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.datasets.patterns import PatternsSpec
from convac.specs.training import Schedule

SIDE = 4
SCHEDULE = Schedule(steps=10, batch=16, lr=0.01, log_every=5)
IMAGES = PatternsSpec(relation="half turn", seed=3, side=SIDE, followed=0.9, train=300, validation=40, test=40)
NAMED = ("square", "mirror columns", "random")
COMMON = {"dataset": IMAGES, "seeds": (3, 4, 5), "classes": 2, "training": SCHEDULE, "sharing": "shared"}


@pytest.fixture(scope="module")
def table():
    return work.compute(Trees(**COMMON, width=3, trials=2, geometries=NAMED))


def values(table, **labels):
    for column, value in labels.items():
        table = table[table[column] == value]
    return table.set_index("seed")["value"].sort_index()


def test_mirror_columns_reflects_columns_and_pools_rows():
    tree = work.mirror_columns((4, 4))
    assert sorted(tree.order[:4]) == [0, 3, 4, 7]
    assert tree.windows == (4, 4)


def test_rearranged_pools_what_correlates():
    generator = np.random.default_rng(0)
    blocks = generator.permutation(np.repeat(np.arange(4), 4))
    weights = (blocks[:, None] == blocks).astype(float) - np.eye(16)
    tree = work.rearranged(weights + 0.01, (4, 4))
    assert sorted(len(set(blocks[list(tree.order[at : at + 4])])) for at in range(0, 16, 4)) == [1, 1, 1, 1]


def test_every_candidate_and_seed_has_its_rows(table):
    accuracy = table[table["quantity"] == "test_accuracy"]
    named = set(accuracy["geometry"])
    assert {ADVISED, BEST, *NAMED, "rearranged"} <= named <= {ADVISED, BEST, *CANDIDATES}
    assert accuracy["value"].between(0, 1).all()
    assert set(accuracy["seed"]) == {3, 4, 5}
    assert set(table[table["quantity"] == "advice_score"]["geometry"]) == named - {ADVISED, BEST}


@pytest.mark.parametrize("name", [ADVISED, BEST])
def test_advised_and_best_are_candidates_with_their_accuracies(table, name):
    accuracy = table[table["quantity"] == "test_accuracy"]
    for row in accuracy[accuracy["geometry"] == name].itertuples():
        own = values(accuracy, geometry=row.chosen)
        assert own[row.seed] == row.value


def test_one_row_says_whether_all_networks_of_a_seed_had_converged(table):
    assert values(table, quantity="converged").index.tolist() == [3, 4, 5]
    rows = [{"converged": 1.0}, {"converged": 0.0}]
    assert work.converged(3, rows)["value"] == 0
    assert work.converged(3, rows[:1])["value"] == 1


def test_the_best_is_chosen_by_the_other_half_of_the_seeds():
    own = {"a": {"validation_accuracy": 0.9}, "b": {"validation_accuracy": 0.1}}
    other = {"a": {"validation_accuracy": 0.2}, "b": {"validation_accuracy": 0.8}, "c": {"validation_accuracy": 1.0}}
    assert work.best_of([own, other, own, other]) == ["b", "a", "b", "a"]
    assert work.best_of([own]) == ["a"]


@pytest.mark.parametrize(
    ("advised", "best", "within"),
    [
        ([0.9, 0.91, 0.9], [0.9, 0.9, 0.91], 1.0),
        ([0.9, 0.9, 0.9], [0.95, 0.951, 0.949], 0.0),
        ([0.9, 0.9, 0.9], [0.905, 0.9051, 0.9049], 1.0),
        ([0.95, 0.951, 0.949], [0.9, 0.9, 0.9], 1.0),
    ],
)
def test_within_reach(advised, best, within):
    found = list(
        work.reach(
            0,
            [{"test_accuracy": value} for value in advised],
            [{"a": {"test_accuracy": value}} for value in best],
            ["a"] * 3,
        )
    )
    assert [(row["geometry"], row["value"]) for row in found] == [(ADVISED, within), (BEST, 1.0)]


def test_orders_count_pairs_that_differ_enough():
    tree = PoolingTree.named("line", (4,))
    looked = {name: work.Looked(tree, score, score) for name, score in {"a": 1.0, "b": 2.0, "c": 3.0}.items()}
    measured = {"a": {"test_accuracy": 0.5}, "b": {"test_accuracy": 0.51}, "c": {"test_accuracy": 0.9}}
    found = {row["ranking"]: row["value"] for row in work.orders(0, looked, measured)}
    assert found == {"score": 1.0, "correlation": -1.0, "chance": 0.0}
    measured["a"]["test_accuracy"] = 1.0  # a above b and c, c above b: one pair of three goes with the score
    found = {row["ranking"]: row["value"] for row in work.orders(0, looked, measured)}
    assert found["score"] == pytest.approx(-1 / 3)
    assert list(work.orders(0, looked, {key: {"test_accuracy": 0.5} for key in "abc"})) == []


def test_replicas_have_seeds_of_their_own():
    assert work.replica_seeds((7, 8, 7, 7)) == (7000, 8000, 7001, 7002)


def test_networks_trained_together_are_those_trained_alone():
    job = Trees(**COMMON, width=3, trials=0, geometries=("square",))
    draws = [work.draw(job, seed) for seed in job.seeds]
    trees = [PoolingTree.named(name, (SIDE, SIDE)) for name in ("square", "mirror")]
    networks = [
        work.Network(tree, (3, 3), number, 10 * place + number)
        for place, tree in enumerate(trees)
        for number in range(2)
    ]
    together_ = work.trained(networks, draws, job)
    alone = [work.trained([network], draws, job)[0] for network in networks]
    assert together_ == alone


def test_validation_images_are_taken_from_training_where_there_are_none():
    job = Silence(
        dataset=BlobsSpec(task="symmetry", seed=0, side=16, rendered_train=50, rendered_test=10), seeds=(0,), classes=2
    )
    data = work.draw(job, 0)
    assert {part: len(data[f"{part}_labels"]) for part in ("train", "validation", "test")} == {
        "train": 32,
        "validation": 8,
        "test": 8,
    }


def test_profiles_have_equal_parameters_and_the_advised_widths():
    table = work.compute(Profiles(**COMMON, budget=600, profiles=("uniform", "wide-tip", "1-1", "1-2", "2-1")))
    assert {ADVISED} < set(table["profile"].dropna()) <= {ADVISED, "uniform", "wide-tip", "1-1", "1-2", "2-1"}
    counts = set(table["parameters"].dropna())
    assert max(counts) <= 1.05 * min(counts)
    first = generate("half turn", 3, SIDE, 0.9, 300, 40, 40)
    tree = PoolingTree.named("square", (SIDE, SIDE))
    sample = sample_of(first["train_images"].reshape(300, -1, 1), first["train_labels"])
    widths, _ = advised_widths(tree, class_ranks(sample, tree), 600, 2, 2, "shared")
    assert set(table[table["profile"] == ADVISED]["widths"]) == {"-".join(map(str, widths))}


def test_silence_says_what_advice_found():
    noise = IMAGES.model_copy(update={"relation": "none"})
    for dataset, found in ((noise, 0.0), (IMAGES, 1.0)):
        rows = work.compute(Silence(dataset=dataset, seeds=(3, 4), classes=2))
        assert rows["value"].tolist() == [found] * 2


def test_trials_tell_the_tree_that_learns():
    arrays = generate("left-right", 0, 8, 0.9, 1500, 1, 1)
    images = arrays["train_images"].reshape(1500, -1)
    trials = [
        Trial(PoolingTree.named(name, (8, 8), (2, 4, 8)), images, arrays["train_labels"], 2)
        for name in ("dilated", "mirror", "random")
    ]
    found = accuracies(trials)
    assert found.argmax() == 1
    assert found[1] > 0.8
    assert found[0] < 0.65
    assert list(
        together([trials[0], trials[1], Trial(PoolingTree.named("square", (8, 8)), images, trials[0].labels, 2)])
    ) == [[0, 1], [2]]


def test_a_trial_with_a_map_for_each_place_sees_places():
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 2, (3000, 16)), generator.integers(0, 2, 3000)
    for first in range(0, 16, 4):  # one class has its first two sites of a window equal, the other its last two
        copied = first + 1 + 2 * labels
        images[np.arange(3000), copied] = images[np.arange(3000), copied - 1]
    trial = Trial(PoolingTree.named("line", (16,), (4, 4)), images, labels, 2)
    assert accuracies([trial], "shared") < 0.6
    assert accuracies([trial], "windowed") > 0.8


def test_short_trials_decide_between_the_best_scored():
    arrays = generate("left-right", 0, 8, 0.9, 600, 1, 1)
    plain = advise(arrays["train_images"], arrays["train_labels"])
    tried = advise(arrays["train_images"], arrays["train_labels"], trials=2)
    assert [each.name for each in shortlist(plain, 2)] == list(tried.tried)
    assert plain.tried == {}
    assert tried.geometry == max(tried.tried, key=tried.tried.__getitem__)
    assert any("short trials" in reason for reason in tried.reasons)
    assert [each.name for each in shortlist(plain, 0)] == [plain.geometry]


def test_trials_want_binary_images():
    arrays = generate("left-right", 0, 8, 0.9, 600, 1, 1)
    with pytest.raises(ArgumentError, match=r"^trials: .*accepted: 0, or binary images"):
        advise(arrays["train_images"] + np.arange(8, dtype=np.uint8), arrays["train_labels"], trials=2)
