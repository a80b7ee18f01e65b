"""Tensorial mixture models against sums over every hidden state and every missing value, in float64."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from convac.entanglement.measure import measure
from convac.geometry.trees import PoolingTree
from convac.networks.inputs import MISSING
from convac.networks.mixture import OBJECTIVES, TensorialMixture
from convac.seeds import stream
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.networks.mixture import MixtureSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import load, train

TREES = {
    "CP": PoolingTree.named("line", (4,), (4,)),
    "HT": PoolingTree.named("dilated", (4,)),
    "grid": PoolingTree.named("random", (2, 3), (3, 2)),
}
SHARINGS = ("shared", "windowed", "located")
every_model = [(name, sharing) for name in TREES for sharing in SHARINGS]


def model(name="HT", sharing="located", values=2, **options):
    """An untrained categorical model in float64 with a prior that isn't even, two replicas."""
    tree = TREES[name]
    widths = (2, 3)[: tree.levels]
    options = {"leaves": "categorical", "brightest": values - 1, "seed": (0, 7), **options}
    made = TensorialMixture(tree, 3, widths, 2, sharing=sharing, **options).double()
    with torch.no_grad():
        made.get_parameter("prior").copy_(torch.tensor([[0.3, -0.4], [0.0, 1.0]]))
    return made


def every_image(tree, values=2):
    return np.array(list(itertools.product(range(values), repeat=tree.sites))).reshape(-1, *tree.shape)


def joint(made, images):
    """P(x, y) (replicas, images, classes) as the model gives it."""
    return made(made.encode(images)).detach().exp().numpy()


def softmax(array):
    shares = np.exp(array - array.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def over_hidden_states(made, image, replica):
    """P(x, y) (classes,) as a sum over the channel of every position at every level, one state after another."""
    parts = {name: part[replica].detach().numpy() for name, part in made.named_parameters()}
    tree, weights = made.tree, [softmax(parts[name]) for name in made.names]
    leaves, prior, pixels = softmax(parts["categories"]), softmax(parts["prior"]), image.ravel()[list(tree.order)]
    sizes = [len(leaves), *made.widths]
    places = [(level, place) for level, count in enumerate(tree.positions) for place in range(count)]
    total = np.zeros(made.classes)
    for state in itertools.product(*(range(sizes[level]) for level, _ in places)):
        channel = dict(zip(places, state, strict=True))
        chance = np.prod([leaves[channel[0, site], pixel] for site, pixel in enumerate(pixels) if pixel != MISSING])
        for level, place in places:
            if level < tree.levels:
                window = tree.windows[level]
                weight = weights[level]
                if weight.ndim == 3:
                    weight = weight[place % len(weight)]
                chance *= weight[channel[level + 1, place // window], channel[level, place]]
        total += chance * prior * weights[-1][:, channel[tree.levels, 0]]
    return total


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("name", ["CP", "HT"])
def test_the_forward_pass_is_the_sum_over_all_hidden_states(name, sharing):
    made = model(name, sharing, values=3)
    images = np.array([[0, 1, 2, 1], [2, MISSING, 0, MISSING], [MISSING] * 4])
    found = joint(made, images)
    for replica, number in itertools.product(range(2), range(3)):
        expected = over_hidden_states(made, images[number], replica)
        np.testing.assert_allclose(found[replica, number], expected, rtol=1e-10)


@pytest.mark.parametrize(("name", "sharing"), every_model)
@pytest.mark.parametrize("values", [2, 3])
def test_probabilities_of_all_images_sum_to_one(name, sharing, values):
    made = model(name, sharing, values)
    found = joint(made, every_image(made.tree, values))
    np.testing.assert_allclose(found.sum((1, 2)), 1, rtol=1e-12)
    np.testing.assert_allclose(found.sum(1), softmax(made.get_parameter("prior").detach().numpy()), rtol=1e-12)


@given(name=st.sampled_from(sorted(TREES)), sharing=st.sampled_from(SHARINGS), number=st.integers(0, 2**20))
@settings(max_examples=30, deadline=None)
def test_marginals_are_sums_over_all_missing_values(name, sharing, number):
    made, generator = model(name, sharing), np.random.default_rng(number)
    images = every_image(made.tree)
    missing = generator.random(made.tree.shape) < 0.5
    image = images[generator.integers(len(images))]
    agree = (images == image)[:, ~missing].all(axis=1)
    seen = np.where(missing, MISSING, image)[None]
    np.testing.assert_allclose(joint(made, seen)[:, 0], joint(made, images[agree]).sum(1), rtol=1e-10)
    expected = np.einsum("kny,n...->k...", joint(made, images[agree]), images[agree].astype(float))
    shape = (2, *([1] * missing.ndim))
    np.testing.assert_allclose(
        made.expected(seen)[:, 0], expected / joint(made, seen).sum((1, 2)).reshape(shape), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("sharing", SHARINGS)
def test_nothing_known_leaves_the_prior(sharing):
    made = model("grid", sharing)
    nothing = made.encode(np.full((1, 2, 3), MISSING))
    prior = made.get_parameter("prior").softmax(-1)
    torch.testing.assert_close(made.posterior(nothing)[:, 0], prior)
    torch.testing.assert_close(made.log_likelihood(nothing), torch.zeros(2, 1, dtype=torch.float64))


def narrow(patch=1, **options):
    """A Gaussian model whose densities vanish at both ends of the range of pixels."""
    made = TensorialMixture(
        PoolingTree.named("square", (2, 2)), 3, (2,), 2, patch=patch, brightest=255, least_variance=0.002, **options
    ).double()
    with torch.no_grad():
        made.get_parameter("mean").mul_(0.3).add_(0.35)
        made.get_parameter("variance").copy_(made.get_parameter("mean") - 8)
    return made


def test_densities_are_mixtures_of_normal_ones():
    made = narrow(sharing="located")
    image = stream("normal test").integers(0, 256, (1, 2, 2))
    parts = {name: part[0].detach().numpy() for name, part in made.named_parameters()}
    deviation = np.sqrt(0.002 + np.exp(parts["variance"][:, 0]))
    shares = image.ravel()[list(made.tree.order)] / 255
    densities = norm.pdf(shares[:, None], parts["mean"][:, 0], deviation)  # (sites, components)
    given = np.einsum("soi,si->so", softmax(parts["level_1"]), densities).prod(0)
    np.testing.assert_allclose(joint(made, image)[0, 0], softmax(parts["output"]) @ given / 2, rtol=1e-9)


@pytest.mark.parametrize("patch", [1, 2])
def test_a_missing_pixel_of_a_patch_is_integrated_over(patch):
    made = narrow(patch)
    image = stream("patch test").integers(60, 200, (2 * patch, 2 * patch))
    values = np.repeat(image[None], 256, axis=0)
    values[:, 0, 1] = np.arange(256)
    known = image.copy()
    known[0, 1] = MISSING
    integral = joint(made, values).sum(1) / 255  # the densities are of shares of the brightest value
    np.testing.assert_allclose(joint(made, known[None])[:, 0], integral, rtol=1e-8)
    mean = (joint(made, values).sum(2) @ np.arange(256) / 255 / integral.sum(1))[0]
    assert made.expected(known[None])[0, 0, 0, 1] == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("leaves", ["categorical", "gaussian"])
def test_gradients_are_exact(sharing, leaves):
    made = model(sharing=sharing, values=3) if leaves == "categorical" else narrow(sharing=sharing)
    images = np.array([[[0, 1, 2, MISSING]], [[MISSING, 2, 1, 1]]]).reshape(2, *made.tree.shape)
    encoded = made.encode(images)
    names, parameters = zip(*made.named_parameters(), strict=True)

    def logits(*tensors):
        return torch.func.functional_call(made, dict(zip(names, tensors, strict=True)), (encoded,))

    assert torch.autograd.gradcheck(logits, parameters, eps=1e-6, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("name", "sharing"), every_model)
def test_the_circuit_has_the_probabilities(name, sharing):
    made = model(name, sharing, values=3)
    images = every_image(made.tree, 3)[::7]
    vectors = np.eye(3)[images.reshape(len(images), -1)]
    for replica in range(2):
        found = made.circuit(replica).amplitudes(vectors)
        np.testing.assert_allclose(found, joint(made, images)[replica], rtol=1e-10)
    entropies = [measure(made.circuit(), [0, 1], output=output).entropy for output in range(2)]
    assert all(0 < entropy < math.log(9) for entropy in entropies)


def test_the_circuit_of_gaussian_leaves_reads_their_densities():
    made = narrow(sharing="windowed")
    image = stream("density test").integers(0, 256, (3, 2, 2))
    logs = made.leaf_logs(made.prepare(made.encode(image)))[0]  # (M, N, batch), in tree order
    vectors = logs.exp().permute(2, 1, 0).detach().numpy()[:, np.argsort(made.tree.order)]
    np.testing.assert_allclose(made.circuit().amplitudes(vectors), joint(made, image)[0], rtol=1e-10)


@pytest.mark.parametrize(("name", "sharing"), [("CP", "shared"), ("HT", "located"), ("grid", "windowed")])
def test_samples_have_the_models_frequencies(name, sharing):
    made, count = model(name, sharing), 40_000
    images, labels = made.sample(count, seed=1, replica=1)
    every = every_image(made.tree)
    chances = joint(made, every)[1]
    code = images.reshape(count, -1) @ 2 ** np.arange(made.tree.sites)[::-1]
    for label in range(2):
        found = np.bincount(code[labels == label], minlength=len(every)) / count
        error = np.sqrt(chances[:, label] * (1 - chances[:, label]) / count)
        assert (np.abs(found - chances[:, label]) < 5 * error).all()
    only, same = made.sample(500, labels=[1] * 500)
    assert only.shape == (500, *made.tree.shape)
    assert (same == 1).all()


def test_gaussian_samples_have_the_models_means():
    made = narrow(patch=2, sharing="located")
    images, _ = made.sample(20_000)
    nothing = np.full((1, 4, 4), MISSING)
    error = images.std(0) / math.sqrt(len(images))
    assert (np.abs(images.mean(0) - made.expected(nothing)[0, 0]) < 5 * error).all()
    assert not np.array_equal(images[0], made.sample(1, seed=2)[0][0])


def test_objectives_are_their_formulas():
    images, labels = every_image(TREES["HT"])[:6], torch.tensor([[0, 1, 1, 0, 1, 0]] * 2)
    found = {}
    for objective in OBJECTIVES:
        made = model(objective=objective)
        found[objective] = made.loss(made(made.encode(images)), labels).detach().numpy()
    chances = joint(model(), images)
    own = np.take_along_axis(chances, labels.numpy()[..., None], 2)[..., 0]
    cross = -np.log(own / chances.sum(2)).mean(1)
    np.testing.assert_allclose(found["likelihood"], -np.log(own).mean(1) / 4, rtol=1e-10)
    np.testing.assert_allclose(found["discriminative"], cross, rtol=1e-10)
    np.testing.assert_allclose(found["hybrid"], cross - np.log(chances.sum(2)).mean(1) / 4, rtol=1e-10)


def test_float32_stays_close_to_float64_on_large_images():
    tree = PoolingTree.named("square", (32, 32))
    images = stream("large images").integers(0, 256, (4, 32, 32)).astype(np.int16)
    images[1, :16] = MISSING
    logs = []
    for kind in (torch.float32, torch.float64):
        made = TensorialMixture(tree, 6, (8,) * 5, 3, sharing="located", brightest=255).to(kind)
        logs.append(made.log_likelihood(made.encode(images)).detach().double().numpy())
    assert np.abs(logs[1]).min() > 100
    np.testing.assert_allclose(logs[0], logs[1], rtol=1e-4)


def test_training_by_likelihood_recovers_a_distribution():
    truth = model("HT", "located")
    with torch.no_grad():
        for name in truth.names:
            truth.get_parameter(name).mul_(2)
        truth.get_parameter("categories").mul_(3)
    drawn, labels = truth.sample(6000, seed=5)
    network = MixtureSpec(
        geometry="dilated",
        sites=(4,),
        widths=(4, 4),
        local_dimension=3,
        leaves="categorical",
        sharing="located",
    )
    spec = RunSpec(
        dataset=DigitsSpec(source="digits", seed=0, size=8),
        network=network,
        training=TrainingSpec(steps=400, batch=200, lr=0.03, log_every=400, seeds=(0,)),
    )
    arrays = {"train_images": drawn, "train_labels": labels, "test_images": drawn[:50], "test_labels": labels[:50]}
    found = load(spec, train(spec, arrays).tensors)
    every = every_image(truth.tree)
    right, learnt = joint(truth, every)[0], joint(found.double(), every)[0]
    distance = (right * np.log(right / learnt)).sum()
    assert 0 <= distance < 0.02
    blind = right.sum(0) * right.sum(1, keepdims=True)
    assert (right * np.log(right / blind)).sum() > 3 * distance
