"""Dilated networks and mixed decompositions: convolutions over time, hybrid trees, listed ranks, and what is learnt."""

import itertools
import re

import numpy as np
import pytest
import torch

from convac.circuits.fields import PRIME_FIELD
from convac.datasets.pair_sequences import generate
from convac.entanglement.generic_rank import TreeShape, generic_rank, rank
from convac.entanglement.measure import measure
from convac.entanglement.mixed_rank import (
    PLAIN,
    TREES,
    Family,
    Hybrid,
    Mixed,
    Node,
    drawn,
    evaluated,
    mixed_rank,
    tiling,
    tree_alone,
)
from convac.errors import ArgumentError
from convac.experiments.dilated_mixing.compute import compute, pieces
from convac.experiments.dilated_mixing.jobs import Separations
from convac.geometry.dilations import dilated_tree, dilations
from convac.networks.dilated import DilatedNetwork
from convac.seeds import stream
from convac.specs.datasets.pair_sequences import PairSequencesSpec
from convac.specs.networks.dilated import DilatedSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import train

NETWORKS = [("plain", ()), ("swapped", ()), ("both", ()), ("both", (2,))]


def randomised(network: DilatedNetwork) -> DilatedNetwork:
    """The network with all of its numbers random, biases too, in float64."""
    network = network.double()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(stream("test", name).normal(0, 0.5, tuple(parameter.shape))))
    return network


def sequences(steps: int, symbols: int) -> np.ndarray:
    """All sequences, (symbols^steps, steps)."""
    return np.array(list(itertools.product(range(symbols), repeat=steps)))


def convolved(network: DilatedNetwork, images: np.ndarray) -> np.ndarray:
    """Outputs (n, classes) of the first replica by dilated convolutions over all times, of which the last is read."""
    product = network.operator == "product"
    parameters = {name: value[0].detach().numpy() for name, value in network.named_parameters()}
    levels = len(network.widths)
    order = {"plain": dilations(levels), "swapped": dilations(levels, network.group)}
    states = {tree: np.eye(network.local_dimension)[images] for tree in network.trees}
    for level in range(1, levels + 1):
        for tree in network.trees:
            maps = parameters[f"{tree}_level_{level}"]
            first, second = np.exp(maps) if product else maps
            values, ago = states[tree], order[tree][level - 1]
            before, now = np.roll(values, ago, axis=1) @ first.T, values @ second.T
            bias = 0 if product else parameters[f"{tree}_level_{level}_bias"][:, 0, 0]
            states[tree] = before * now if product else np.maximum(before + now + bias, 0)
        if level in network.mixed:
            half = network.widths[level - 1] // 2
            plain, swapped = states["plain"], states["swapped"]
            states["plain"] = np.concatenate([swapped[..., :half], plain[..., half:]], axis=2)
            states["swapped"] = np.concatenate([plain[..., :half], swapped[..., half:]], axis=2)
    outputs = [parameters[f"{tree}_output"] for tree in network.trees]
    outputs = [np.exp(output) if product else output for output in outputs]
    total = sum(states[tree][:, -1] @ output.T for tree, output in zip(network.trees, outputs, strict=True))
    return np.log(total) if product else total + parameters["bias"][0]


@pytest.mark.parametrize("operator", ["product", "rectifier"])
@pytest.mark.parametrize(("trees", "mixed"), NETWORKS)
def test_a_network_is_its_dilated_convolutions(operator, trees, mixed):
    kind = {"operator": operator, "trees": trees, "mixed": mixed, "group": 2}
    network = randomised(DilatedNetwork(16, (4, 6, 2, 4), 2, 3, **kind, seed=(0, 1)))
    images = sequences(16, 2)[::97]
    found = network(network.encode(images))[0].detach().numpy()
    expected = convolved(network, images)
    np.testing.assert_allclose(network.function()(images), expected, rtol=1e-9, atol=1e-9)
    if operator == "product":
        found, expected = found - found[:, :1], expected - expected[:, :1]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("operator", ["product", "rectifier"])
@pytest.mark.parametrize(("group", "mixed"), [(2, ()), (1, (1,))])
def test_a_network_is_its_dilated_convolutions_on_all_sequences_of_four_steps(operator, group, mixed):
    network = randomised(DilatedNetwork(4, (4, 2), 3, 2, operator=operator, group=group, mixed=mixed))
    images = sequences(4, 3)
    found, expected = network(network.encode(images))[0].detach().numpy(), convolved(network, images)
    np.testing.assert_allclose(np.diff(found), np.diff(expected), atol=1e-10)


@pytest.mark.parametrize("operator", ["product", "rectifier"])
def test_gradients_are_exact(operator):
    network = randomised(DilatedNetwork(16, (2, 2, 2, 2), 2, 2, operator=operator, mixed=(2,)))
    inputs = network.prepare(network.encode(sequences(4, 2).repeat(4, axis=1)[3:7].copy()))
    labels = torch.tensor([0, 1, 1, 0])
    network.loss(network.logits(inputs), labels).sum().backward()
    for parameter in network.parameters():
        for place in [0, parameter.numel() - 1]:
            values = parameter.data.view(-1)
            kept, losses = float(values[place]), []
            for change in (1e-6, -1e-6):
                values[place] = kept + change
                losses.append(float(network.loss(network.logits(inputs), labels).sum().detach()))
            values[place] = kept
            assert float(parameter.grad.view(-1)[place]) == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-6)


def test_long_sequences_stay_finite():
    network = DilatedNetwork(1024, (8,) * 10, 4, 2, mixed=(2, 4, 6, 8))
    logits = network(network.encode(stream("test long").integers(4, size=(3, 1024))))
    assert logits.isfinite().all()
    logits.sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"mixed": (1,)}, "mixed: [1]; accepted: layers that both trees have, ascending: 2"),
        ({"mixed": (4,)}, "mixed: [4]; accepted: layers"),
        ({"mixed": (0,)}, "mixed: [0]; accepted: layers"),
        ({"mixed": (2, 2)}, "mixed: [2, 2]; accepted: layers"),
        ({"mixed": (3, 2), "group": 1}, "mixed: [3, 2]; accepted: layers that both trees have, ascending: 1, 2, 3"),
        ({"mixed": (2,), "trees": "plain"}, "mixed: [2]; accepted: layers that both trees have, ascending: none"),
        ({"mixed": (2,), "widths": (2, 3, 2, 2)}, "widths: 3 channels where trees are mixed; accepted: an even number"),
        ({"mixed": "2"}, "mixed: got '2'; accepted: integers"),
        ({"mixed": 2}, "mixed: got 2; accepted: integers"),
        ({"mixed": (2.0,)}, "mixed: got 2.0; accepted: integers"),
    ],
)
def test_layers_that_trees_do_not_share_are_not_mixed(fields, line):
    with pytest.raises(ArgumentError, match=f"^{re.escape(line)}"):
        DilatedNetwork(16, **{"widths": (2,) * 4, "group": 2, **fields})


@pytest.mark.parametrize("trees", ["plain", "swapped"])
def test_the_front_door_measures_a_tree_of_products_as_its_circuit(trees):
    network = DilatedNetwork(4, (3, 2), 2, 2, trees=trees)
    for sites in ([0, 1], [0, 2], [0]):
        found = measure(network, sites)
        vectors = np.eye(2)[sequences(4, 2)]
        amplitudes = network.circuit().amplitudes(vectors)
        tensor = amplitudes[:, 0].reshape((2,) * 4)
        rest = [site for site in range(4) if site not in sites]
        singular = np.linalg.svd(tensor.transpose(*sites, *rest).reshape(2 ** len(sites), -1), compute_uv=False)
        share = singular**2 / (singular**2).sum()
        share = share[share > 1e-14]
        assert found.entropy == pytest.approx(-(share * np.log(share)).sum(), abs=1e-9)


def index_sets(steps: int, count: int) -> np.ndarray:
    return stream("test sets", steps).random((count, steps)) < 0.5


@pytest.mark.parametrize("tree", TREES)
def test_the_rank_of_one_tree_is_that_of_its_tree_circuit(tree):
    shape = dilated_tree(16, 1 if tree == PLAIN else 2)
    for mask in index_sets(16, 6):
        if 0 < mask.sum() < 16:
            expected = generic_rank(TreeShape(shape, 2, (2, 2, 2, 1), (False,) * 4), np.flatnonzero(mask).tolist())
            assert mixed_rank(Family(16, 2, 2, 2), tree_alone(tree), mask, ()) == expected.value


def test_the_sources_example_has_the_ranks_that_were_found_by_listing():
    mask = np.tile([True, False, True, False, True, True, False, False], 2)
    family = Family(16, 2, 2, 2)
    structures = [*map(tree_alone, TREES), Mixed(), Mixed(frozenset(family.common))]
    assert [mixed_rank(family, each, mask, ()) for each in structures] == [64, 64, 112, 256]


def test_product_vectors_show_the_rank_over_three_discretisers_of_two_dimensions():
    family, generator = Family(8, 3, 2, 2), stream("test discretisers")
    weights, vectors = drawn(family, PRIME_FIELD, generator), PRIME_FIELD.draw(generator, (3, 2))
    inside = [0, 2, 5, 4]
    listed = sequences(8, 3)
    placed = [vectors[listed[:, step]] for step in range(8)]
    values = evaluated(family, Mixed(), weights, placed, PRIME_FIELD).reshape((3,) * 8)
    rest = [step for step in range(8) if step not in inside]
    found = rank(values.transpose(*inside, *rest).reshape(81, 81), PRIME_FIELD)
    mask = np.isin(np.arange(8), inside)
    assert found == mixed_rank(family, Mixed(), mask, ())


def realised(family: Family, hybrid: Hybrid, narrow: dict[str, list[np.ndarray]]) -> dict[str, list[np.ndarray]]:
    """Weights of a mixed decomposition that computes a hybrid tree of half its width: the proof of Claim 5.

    Every node of the hybrid tree holds its r/2 channels, in its own tree, in both halves. After the exchange of a
    mixture node either tree has them: in its upper half where the segment is its own, else in its lower one.
    """
    half = family.width // 2
    found = {tree: [np.zeros((family.steps >> level, 2, 1 if level == family.levels else family.width,
                              family.local_dimension if level == 1 else family.width), dtype=np.int64)
                    for level in range(1, family.levels + 1)] for tree in TREES}  # fmt: skip
    waiting = [(Node(family.levels, 0), hybrid.root)]
    while waiting:
        (level, number), tree = waiting.pop()
        for turn, child in enumerate(family.children(tree, level, number)):
            below = Node(level - 1, child)
            own = narrow[tree][level - 1][number, turn]
            start = half if hybrid.segments.get(below, tree) == tree and below in hybrid.segments else 0
            target = found[tree][level - 1][number, turn]
            copies = 1 if level == family.levels else 2
            for copy in range(copies):
                target[copy * len(own) : (copy + 1) * len(own), start : start + own.shape[1]] = own
            if level > 1:
                waiting.append((below, hybrid.segments.get(below, tree)))
    return found


@pytest.mark.parametrize("number", range(6))
def test_a_mixed_decomposition_realises_every_hybrid_tree_of_half_its_width(number):
    generator = stream("test claim 5", number)
    family, narrow = Family(16, 2, 4, 3), Family(16, 2, 2, 3)
    mixture = [node for node in family.common if generator.random() < 0.7] or family.common
    hybrid = Hybrid({node: TREES[generator.integers(2)] for node in mixture}, TREES[generator.integers(2)])
    weights = drawn(narrow, PRIME_FIELD, generator)
    vectors = PRIME_FIELD.draw(generator, (16, 50, 3))
    expected = evaluated(narrow, hybrid, weights, list(vectors), PRIME_FIELD)
    mixed = Mixed(frozenset(mixture))
    found = evaluated(family, mixed, realised(family, hybrid, weights), list(vectors), PRIME_FIELD)
    assert (found == expected).all()
    assert expected.any()


@pytest.mark.parametrize("shared", [False, True])
def test_ranks_of_hybrid_trees_lie_between_the_bounds_of_their_tilings(shared):
    family = Family(16, 2, 2, 2, shared)
    for number, mask in enumerate(index_sets(16, 12)):
        generator = stream("test tilings", number)
        hybrid = Hybrid({node: TREES[generator.integers(2)] for node in family.common}, TREES[generator.integers(2)])
        low, high = tiling(family, hybrid, mask).bounds(family.width)
        assert low <= mixed_rank(family, hybrid, mask, ()) <= high


def test_separations_are_drawn_below_the_full_rank_and_shown_by_the_mixed_rank():
    """A hybrid tree's proved bound exceeds what either tree may reach, and its own rank is below the trivial one."""
    table = compute(Separations(steps=64, group=2, width=2, cases=4, largest=64))
    assert set(table["sharing"]) == {"located", "shared"}
    for _, found in table.groupby("case"):
        values = {name: group.set_index("quantity")["value"] for name, group in found.groupby("structure")}
        trees = max(values["T"]["rank_bound"], values["companion"]["rank_bound"])
        assert values["hybrid"]["proved_bound"] > trees
        assert values["hybrid"]["rank_bound"] < 2.0 ** found["smaller_side"].iloc[0]
        assert values["mixed"]["rank"] > values["sum"]["rank"]


@pytest.mark.parametrize("steps", [16, 64])
def test_drawn_pieces_are_mixture_nodes_and_leave_steps_on_both_sides(steps):
    family = Family(steps, 2, 2, 2)
    for number in range(50):
        mask, mixture = pieces(family, stream("test", "pieces", steps, number))
        assert mask.shape == (steps,)
        assert 0 < mask.sum() < steps
        assert mixture
        assert mixture <= set(family.common)


def test_a_family_refuses_what_is_no_permutation_of_dilations():
    with pytest.raises(ArgumentError, match="group: 3; accepted: a divisor of the 4 layers"):
        Family(16, 3, 2, 2)
    with pytest.raises(ArgumentError, match="steps: 12; accepted: a power of two"):
        dilated_tree(12)


@pytest.mark.parametrize(("operator", "rate"), [("product", 0.03), ("rectifier", 0.01)])
@pytest.mark.parametrize(("trees", "share"), [("plain", 0.0), ("swapped", 1.0)])
def test_no_seed_stays_at_chance_on_the_easiest_task(operator, rate, trees, share):
    seeds = (0, 1, 2)
    fields = {"steps": 16, "symbols": 2, "often": 0.95, "share": share, "train": 1500, "test": 300}
    draws = [generate(seed=seed, **fields) for seed in seeds]
    spec = RunSpec(
        dataset=PairSequencesSpec(seeds=seeds, **fields),
        network=DilatedSpec(geometry="line", sites=(16,), widths=(6,) * 4, operator=operator, trees=trees),
        training=TrainingSpec(steps=250, lr=rate, betas=(0.9, 0.9), warm_up=0.05, log_every=250, seeds=seeds),
    )
    history = train(spec, {name: np.stack([draw[name] for draw in draws]) for name in draws[0]}, device="cpu").history
    last = history[(history["step"] == 250) & (history["quantity"] == "test_accuracy")]["value"]
    assert (last > 0.8).all()
