"""SimNets against the recursion that defines them, against ConvACs at β = 1, and at the limits of β."""

import itertools
import math
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.arithmetic import ConvAC
from convac.networks.simnet import SIMILARITIES, SimNet, build, mex
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.networks.simnet import SimNetSpec, is_beta
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import build as build_run
from convac.training.loop import load
from convac.training.loop import weights as tensors_of

BETAS = [1.0, 4.0, -2.0, 0.3, 0.0, 0.02, -1e-6, 40.0, math.inf, -math.inf]
TREES = [
    PoolingTree.named("square", (4, 4)),
    PoolingTree.named("mirror", (4, 4)),
    PoolingTree.named("line", (8,), (2, 2, 2)),
    PoolingTree.named("line", (6,), (6,)),
]


def everything(tree, dimension, limit=64):
    """Inputs of a tree, all of them or a stride through them."""
    found = itertools.product(range(dimension), repeat=tree.sites)
    return np.array(list(itertools.islice(found, 0, None, max(1, dimension**tree.sites // limit)))).reshape(
        -1, *tree.shape
    )


def by_definition(network, image, replica):
    """The logits of one image by the definition, one number at a time."""
    parameters = {name: value[replica].detach().numpy() for name, value in network.named_parameters()}
    templates, power = parameters["level_1"], SIMILARITIES[network.similarity]

    def similarity(symbol, channel):
        site = np.eye(network.local_dimension)[symbol]
        if not power:
            return float(site @ templates[channel])
        return -float(np.abs(parameters["level_1_weights"][channel]) @ np.abs(site - templates[channel]) ** power)

    def largest(values):
        return max(values) if network.beta > 0 else min(values)

    def mean(values):
        if math.isinf(network.beta):
            return largest(values)
        if network.beta == 0:
            return sum(values) / len(values)
        return math.log(sum(math.exp(network.beta * value) for value in values) / len(values)) / network.beta

    symbols = image.reshape(-1)[list(network.tree.order)]
    values = [[similarity(symbol, channel) for channel in range(len(templates))] for symbol in symbols]
    for level, window in enumerate(network.tree.windows, start=1):
        if level > 1:
            offsets = parameters[f"level_{level}"]
            values = [[mean(list(row + np.array(position))) for row in offsets] for position in values]
        values = [list(np.sum(values[start : start + window], axis=0)) for start in range(0, len(values), window)]
    return np.array([mean(list(row + np.array(values[0]))) for row in parameters["output"]])


def posteriors(logits):
    return torch.softmax(torch.as_tensor(logits), dim=-1).numpy()


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("tree", TREES, ids=str)
def test_every_network_computes_its_definition(tree, similarity, beta):
    network = SimNet(tree, 2, (3,) * tree.levels, 3, beta=beta, similarity=similarity, seed=(4, 5)).double()
    images = everything(tree, 2, 8)
    found = network(images).detach().numpy()
    for replica in range(2):
        wanted = np.array([by_definition(network, image, replica) for image in images])
        # up to what is common to the classes
        np.testing.assert_allclose(np.diff(found[replica]), np.diff(wanted), atol=1e-9)
        np.testing.assert_allclose(network.function(replica)(images), wanted, atol=1e-9)


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_one_is_the_arithmetic_circuit_with_positive_weights(tree):
    widths = tuple(range(3, 3 + tree.levels))
    network = SimNet(tree, 2, widths, 3, beta=1.0, seed=(0, 1)).double()
    circuit = ConvAC(tree, 2, widths, 3, weights="positive", initialisation="uniform", seed=(0, 1)).double()
    for (name, own), (other, weights) in zip(network.named_parameters(), circuit.named_parameters(), strict=True):
        assert name == other
        torch.testing.assert_close(own, weights, rtol=0, atol=0)
    images = everything(tree, 2)
    ours, theirs = (each(images).detach() for each in (network, circuit))
    np.testing.assert_allclose(posteriors(ours), posteriors(theirs), atol=1e-6)
    # amplitudes themselves: ln n for each position of every level above the first, and for the output
    constant = sum(math.log(width) * positions for width, positions in zip(widths, tree.positions[1:], strict=True))
    exact = np.log(circuit.circuit(1).amplitudes(np.eye(2)[images[:4].reshape(4, -1)]))
    defined = np.array([by_definition(network, image, 1) for image in images[:4]])
    np.testing.assert_allclose(defined + constant, exact, atol=1e-9)


@given(
    st.lists(st.floats(-20, 20), min_size=1, max_size=6),
    st.floats(-30, 30).filter(lambda beta: beta != 0 and is_beta(beta)),
    st.floats(-50, 50),
)
@settings(max_examples=200, deadline=None)
def test_mex_is_a_mean_that_grows_with_beta(values, beta, shift):
    row = torch.tensor([values], dtype=torch.float64)
    zero = torch.zeros(1, len(values), dtype=torch.float64)
    found = mex(row, zero, beta).item()
    ends = [mex(row, zero, limit).item() for limit in (-math.inf, math.inf)]
    assert ends == [min(values), max(values)]
    assert ends[0] - 1e-9 <= found <= ends[1] + 1e-9
    assert not is_beta(beta + 1) or mex(row, zero, beta + 1).item() >= found - 1e-9
    assert math.isclose(mex(row + shift, zero, beta).item(), found + shift, abs_tol=1e-8)
    assert abs(found - (ends[1] if beta > 0 else ends[0])) <= math.log(len(values)) / abs(beta) + 1e-9


@pytest.mark.parametrize(
    "beta", [sign * size for size in (1e-6, 1e-4, 0.02, 0.04, 1, 15, 17, 1e3, 1e6) for sign in (1, -1)]
)
@pytest.mark.parametrize("width", [1, 5])
def test_mex_keeps_float_precision_at_every_beta(beta, width, rng):
    """The largest value and the largest offset stand in different channels, too."""
    values, offsets = (torch.from_numpy(rng.normal(size=(count, width))) for count in (4, 3))
    sums = (values[:, None] + offsets).numpy()
    with localcontext(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN):
        wanted = [
            [float((sum((Decimal(beta) * Decimal(x)).exp() for x in row) / width).ln() / Decimal(beta)) for row in rows]
            for rows in sums
        ]
    np.testing.assert_allclose(mex(values, offsets, beta), wanted, atol=1e-13)
    np.testing.assert_allclose(mex(values.float(), offsets.float(), beta), wanted, atol=2e-5)


@pytest.mark.parametrize("beta", [1e-7, -1e-7, 1e7, 1e300, 5e-324, math.nan, "max", True, None, [1.0]])
def test_other_betas_are_refused_by_name(beta):
    with pytest.raises(ArgumentError, match="beta: got "):
        SimNet(TREES[0], 2, (3, 3), beta=beta)
    if isinstance(beta, float):
        with pytest.raises(ValueError, match="beta"):
            SimNetSpec(geometry="square", sites=(4, 4), widths=(3, 3), beta=beta)


@pytest.mark.parametrize("beta", [1.0, 4.0, math.inf])
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_composites_by_parts_are_the_network(beta, similarity, rng):
    tree = PoolingTree.named("mirror", (8, 8))
    network = SimNet(tree, 2, (4,) * tree.levels, 3, beta=beta, similarity=similarity, seed=(1, 2))
    rows, columns = rng.integers(0, 2, (2, 5, 8, 8))
    inside = np.zeros((8, 8), dtype=bool)
    inside[:, :4] = True
    found = np.concatenate(list(network.composite_logits(rows, columns, inside)), axis=1)
    with torch.no_grad():
        whole = np.where(inside, rows[:, None], columns[None])
        wanted = network(whole.reshape(-1, 8, 8)).view(2, 5, 5, 3).numpy()
    np.testing.assert_allclose(np.diff(found), np.diff(wanted), atol=2e-5)


@pytest.mark.parametrize("beta", [1.0, 4.0, math.inf])
def test_vectors_and_symbols_agree(beta, rng):
    tree = PoolingTree.named("square", (4, 4))
    network = SimNet(tree, 2, (3, 4), beta=beta, seed=(0, 3)).double()
    images = rng.integers(0, 2, (6, 4, 4))
    vectors = np.eye(2)[images.reshape(6, -1)]
    torch.testing.assert_close(network(images), network(vectors))


@pytest.mark.parametrize("beta", [1.0, 4.0, math.inf])
def test_no_seed_stays_at_chance_on_the_easiest_task(beta, rng):
    labels = np.arange(200) % 2
    images = (rng.random((200, 4, 4)) < np.where(labels, 0.7, 0.3)[:, None, None]).astype(int)
    tree, seeds = PoolingTree.named("square", (4, 4)), tuple(range(10))
    network = SimNet(tree, 2, (4, 4), beta=beta, annealed=0.6, seed=seeds)
    optimizer, inputs = torch.optim.Adam(network.parameters(), lr=0.01), network.encode(images)
    for step in range(300):
        network.advance(step / 300)
        optimizer.zero_grad()
        network.loss(network(inputs), torch.from_numpy(labels).expand(len(seeds), -1)).sum().backward()
        optimizer.step()
    assert network.beta == beta
    accuracy = (network(inputs).argmax(2).numpy() == labels).mean(axis=1)
    assert (accuracy > 0.9).all()
    assert all(whole.all() for _, whole in network.diagnose(network.prepare(inputs)))


def test_annealing_leads_from_sums_to_the_limit():
    network = SimNet(TREES[0], 2, (3, 3), beta=4.0, annealed=0.5)
    betas = []
    for done in (0.0, 0.25, 0.5, 1.0):
        network.advance(done)
        betas.append(network.beta)
    assert np.allclose(betas, [1, 1.6, 4, 4])
    plain = SimNet(TREES[0], 2, (3, 3), beta=4.0)
    plain.advance(0.0)
    assert plain.beta == 4


def test_a_snapshot_has_the_beta_of_its_step_and_the_trained_network_the_last():
    network = SimNetSpec(geometry="square", sites=(4, 4), widths=(3, 3), beta="max", annealed=0.5)
    training = TrainingSpec(steps=4, lr=0.01, seeds=(0,), snapshots=(1,))
    spec = RunSpec(dataset=BlobsSpec(task="closedness", seed=0), network=network, training=training)
    tensors = tensors_of(build_run(spec)) | tensors_of(build_run(spec), 1)
    assert load(spec, tensors, step=1).beta == 2
    assert load(spec, tensors).beta == math.inf


@pytest.mark.parametrize(("annealed", "beta"), [(1.0, 4.0), (-0.1, 4.0), (0.5, 0.0), (0.5, -2.0), (0.5, -math.inf)])
def test_what_cannot_be_annealed_is_refused(annealed, beta):
    with pytest.raises(ArgumentError, match="annealed: "):
        SimNet(TREES[0], 2, (3, 3), beta=beta, annealed=annealed)
    with pytest.raises(ValueError, match="annealed"):
        SimNetSpec(geometry="square", sites=(4, 4), widths=(3, 3), beta=max(beta, -5.0), annealed=annealed)


def test_specs_name_the_limits():
    fields = {"geometry": "square", "sites": (4, 4), "widths": (3, 3)}
    assert build(SimNetSpec(beta="max", **fields), (0,)).beta == math.inf
    assert build(SimNetSpec(beta="min", **fields), (0,)).beta == -math.inf
    assert build(SimNetSpec(beta=2.0, **fields), (0,)).beta == 2.0
    for similarity in SIMILARITIES:
        spec = SimNetSpec(similarity=similarity, **fields)
        assert spec.parameters() == sum(each[0].numel() for each in build(spec, (0,)).parameters())
    with pytest.raises(ArgumentError, match="beta"):
        SimNet(PoolingTree.named("square", (4, 4)), 2, (3, 3), beta=math.nan)
