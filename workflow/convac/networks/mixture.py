"""Tensorial mixture models: circuits over a pooling tree whose scores are logarithms of probabilities.

P(x, y) = P(y) Σ_d A^y_d Π_i P(x_i | d_i; θ): every site i draws one of M components d_i and then its pixels from that
component. The tensor A^y, the joint distribution of all sites' components, is that of a ConvAC whose weights are
conditional distributions: they are positive and sum to one over the channels that they read. One level is the CP
model (a mixture of products), a tree of levels the hierarchical Tucker model.

A missing pixel leaves its factor out, and so the sum over its values: every marginal costs one forward pass.

Source: 1610.04167 (Sharir, Tamari, Cohen & Shashua: tensorial mixture models, CP and HT).
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from convac import arrays
from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks import leaves as kinds
from convac.networks.arguments import accept, checked_replica, checked_seeds, checked_widths
from convac.networks.initialisation import draws, seed_words
from convac.networks.inputs import MISSING, Encoded, Images, whole_images, whole_labels
from convac.networks.leaves import Categorical, Gaussian, Leaves, drawn
from convac.networks.maps import SHARINGS, as_circuit, level_shapes
from convac.networks.products import FLOOR, SPREAD, Arithmetic, passing_on, tree_level
from convac.networks.representations import Representation, patches
from convac.seeds import stream
from convac.specs.networks.mixture import MixtureSpec

# What training makes small: −ln P(x, y) per site; the cross-entropy of P(y | x); that and −ln P(x) per site.
OBJECTIVES = ("likelihood", "discriminative", "hybrid")
LEAST_VARIANCE = 0.01  # of a Gaussian pixel, a share of the brightest squared


class TensorialMixture(Arithmetic):
    """A tensorial mixture model over a pooling tree: its logits are ln P(x, y) [nats].

    Images are integers (n, …), `patch` pixels along each side of a site, from 0 to `brightest`, or `MISSING` (−1):
    a missing pixel is summed (or integrated) over exactly, at no cost.

    Args:
        tree: geometry and windows over N sites.
        components: M, the distributions that a site's pixels are mixed from; the same for all sites.
        widths: channels after each level.
        classes: number of classes.
        leaves: `gaussian` (pixels independent given the component, in shares of `brightest`; P is a density) or
            `categorical` (a site is one pixel, any distribution over its values).
        sharing: mixing weights `shared` over positions, `windowed` (one for each position within a window) or
            `located` at each position.
        objective: `likelihood` (−ln P(x, y) per site), `discriminative` (the cross-entropy of P(y | x)) or `hybrid`
            (the cross-entropy and −ln P(x) per site).
        patch: pixels along each side of a site, from 1 to 4.
        brightest: the largest value of a pixel, from 1 to 255.
        least_variance: bound on a Gaussian pixel's variance from below, a share of the brightest squared.
        seed: an integer, or one per replica; replicas lie along the leading axis of every parameter.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1610.04167; the hybrid objective weighs its two terms as we do.

    >>> tree = PoolingTree.named("square", (2, 2))
    >>> model = TensorialMixture(tree, 3, (4,), leaves="categorical")
    >>> every = np.indices((2,) * 4).reshape(4, 16).T.reshape(16, 2, 2)
    >>> round(model(model.encode(every)).exp().sum().item(), 4)
    1.0
    >>> nothing_known = np.full((1, 2, 2), MISSING)
    >>> model.posterior(model.encode(nothing_known)).detach().numpy().round(4)
    array([[[0.5, 0.5]]], dtype=float32)
    """

    marginalises: ClassVar[bool] = True

    def __init__(
        self,
        tree: PoolingTree,
        components: int,
        widths: Sequence[int],
        classes: int = 2,
        *,
        leaves: str = "gaussian",
        sharing: str = "shared",
        objective: str = "likelihood",
        patch: int = 1,
        brightest: int = 1,
        least_variance: float = LEAST_VARIANCE,
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        self.seeds = checked_seeds(seed)
        self.tree, self.widths = tree, checked_widths(tree, widths)
        self.components = arrays.integer(components, "components", least=1, most=arrays.WIDEST)
        self.classes = arrays.integer(classes, "classes", least=1, most=arrays.WIDEST)
        self.kind = "positive"
        self.sharing = accept("sharing", sharing, SHARINGS)
        self.objective = accept("objective", objective, OBJECTIVES)
        pixels = Representation("affine", patch, brightest)
        self.patch = pixels.patch
        self.leaves = make_leaves(accept("leaves", leaves, kinds.KINDS), pixels, least_variance)
        if self.patch > 1 and len(tree.shape) != 2:
            raise ArgumentError(f"sites: {list(tree.shape)}; accepted: a grid, where sites are patches of an image")
        self._order = np.array(tree.order)
        for name, initial in self.leaves.initial(self.seeds, self.components).items():
            self.register_parameter(name, nn.Parameter(initial))
        shapes = [*level_shapes(tree, self.components, self.widths, self.sharing), (self.classes, self.widths[-1])]
        for word, name, shape in zip(seed_words(tree.levels), self.names, shapes, strict=True):
            logs = draws(self.seeds, word, shape, -SPREAD, SPREAD)
            self.register_parameter(name, nn.Parameter(logs if name == "level_1" else passing_on(logs)))
        self.register_parameter("prior", nn.Parameter(torch.zeros(len(self.seeds), self.classes)))

    @property
    def names(self) -> list[str]:
        """Mixing weights from the sites up."""
        return [*(f"level_{level}" for level in range(1, self.tree.levels + 1)), "output"]

    def weight(self, name: str) -> Tensor:
        """Mixing weights (replicas, …, out, in): for every channel its distribution over those that it reads."""
        return self.get_parameter(name).softmax(-1)

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """The tree and its pixels."""
        return ("pixels", self.tree, self.patch, self.leaves.brightest)

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Images are pixels, integers."""
        return tuple(self.patch * side for side in self.tree.shape)

    def encoded(self, images: Images) -> Tensor:
        """Integer images as the pixels of every site in tree order, (n, sites·pixels), int16, `MISSING` among them.

        Raises:
            ArgumentError: the shape or a value doesn't fit the model.
        """
        sides, brightest = self.shape_of(False), self.leaves.brightest
        hint = f", {MISSING} where missing" + ("; grey values: brightest=255" if brightest == 1 else "")
        array = whole_images(images, sides, MISSING, brightest, hint)
        parts = patches(array.reshape(len(array), -1, sides[-1]), self.patch)
        sites = parts.reshape(len(array), self.tree.sites, -1)[:, self._order]
        return torch.from_numpy(sites.astype(np.int16)).flatten(1)

    def prepared(self, rows: Tensor) -> Tensor:
        """The leaves' statistics (1 or replicas, K, N, batch) of encoded images."""
        values = torch.unflatten(rows, 2, (self.tree.sites, -1)).permute(0, 3, 2, 1)
        return self.leaves.statistics(values.to(self.get_parameter("output").dtype))

    def leaf_logs(self, inputs: Tensor) -> Tensor:
        """ln P(x_i | d_i = d) (replicas, M, N, batch) of what is known of every site, from prepared inputs."""
        coefficients = self.leaves.coefficients(dict(self.named_parameters()))
        return torch.unflatten(coefficients @ inputs.flatten(2), 2, inputs.shape[2:])

    def propagate(self, inputs: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Values and logarithm of their scale after every level.

        Args:
            inputs: from `prepare`.

        Yields:
            Rescaled probabilities (replicas, channels, positions, batch), at most 1, of what is known of the sites
            below a position given its channel, and ln of the scale (replicas, 1, positions, batch), without gradient.
        """
        yield from self.from_leaves(self.leaf_logs(inputs))

    def from_leaves(self, logs: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """What `propagate` yields, from ln P(x_i | d_i = d) (replicas, M, N, batch)."""
        log = logs.detach().amax(1, keepdim=True)
        values = (logs - log).clamp_min(FLOOR).exp()
        for name, window in zip(self.names, self.tree.windows, strict=False):
            values, log = tree_level(self.weight(name), values, log, window, sharing=self.sharing, signed=False)
            yield values, log

    def scores(self, inputs: Tensor) -> Tensor:
        """ln P(x, y), of which logits leave nothing out."""
        return self.logits(inputs)

    def _readout(self, values: Tensor, log: Tensor) -> Tensor:
        """ln P(x, y) (replicas, batch, classes)."""
        given = (self.weight("output") @ values.flatten(2)).log() + log.flatten(2)
        return (given + self.get_parameter("prior").log_softmax(-1).unsqueeze(2)).mT

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its values are finite in each replica."""
        whole = self.leaf_logs(inputs).isfinite().flatten(1).all(1)
        return [("leaves", whole), *super().diagnose(inputs)]

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The objective, a mean per replica (replicas,) in nats.

        Args:
            logits: ln P(x, y) (replicas, batch, classes).
            labels: integers (replicas, batch), or (batch,) for the same in every replica.

        Raises:
            ArgumentError: labels aren't integers, aren't as many, or are no classes.
        """
        labels = whole_labels(labels, logits)
        joint = logits.gather(2, labels.unsqueeze(2)).mean((1, 2))
        evidence = logits.logsumexp(2).mean(1)
        if self.objective == "likelihood":
            return -joint / self.tree.sites
        return evidence - joint - (evidence / self.tree.sites if self.objective == "hybrid" else 0)

    def log_likelihood(self, images: Encoded | Images) -> Tensor:
        """ln P(x) (replicas, batch) of what is known of images; of a density in pixel shares if Gaussian."""
        logits: Tensor = self(images)
        return logits.logsumexp(2)

    def posterior(self, images: Encoded | Images) -> Tensor:
        """P(y | what is known of x) (replicas, batch, classes)."""
        logits: Tensor = self(images)
        return logits.softmax(2)

    def expected(self, images: np.ndarray) -> np.ndarray:
        """Images with every missing pixel's expectation given all known ones.

        P(d_i = d | x) is the derivative of ln P(x) with respect to ln P(x_i | d): one backward pass gives all sites'.

        Args:
            images: as `encode` takes them, (n, …).

        Returns:
            Shape (replicas, n, …), in the unit of the images; known pixels as they are.

        Raises:
            ArgumentError: the shape or a value doesn't fit the model.
        """
        logs = self.leaf_logs(self.prepare(self.encode(images))).detach().requires_grad_()
        *_, last = self.from_leaves(logs)
        evidence = self._readout(*last).logsumexp(2).sum()
        (shares,) = torch.autograd.grad(evidence, logs)
        means = self.leaves.means(dict(self.named_parameters())).detach()
        sites = torch.einsum("rdnb,rdp->rbnp", shares, means).double().numpy()
        filled = np.stack([self._as_images(each) for each in sites])
        known = arrays.given(images, "images")
        return np.where(known == MISSING, filled, known)

    def sample(
        self, count: int, *, seed: int = 0, replica: int = 0, labels: Sequence[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Images drawn from one replica, from its classes down to its pixels.

        Args:
            count: n.
            seed: of the draw.
            replica: whose distribution it is.
            labels: classes of the images, n integers; drawn from P(y) where not given.

        Returns:
            Images (n, …) in the unit of those that the model reads (a Gaussian's may lie outside 0 to `brightest`),
            and their classes (n,).

        Raises:
            ArgumentError: there is no such replica or class, or n isn't positive.
        """
        replica, count = checked_replica(replica, self.seeds), arrays.integer(count, "count", least=1)
        wanted = None if labels is None else arrays.integers(labels, "labels", 0, self.classes - 1)
        if wanted is not None and len(wanted) != count:
            raise ArgumentError(f"labels: {len(wanted)} of them; accepted: as many as count, {count}")
        generator = stream("mixture sample", arrays.integer(seed, "seed"))
        one = {name: part[replica : replica + 1].detach() for name, part in self.named_parameters()}
        prior = one["prior"][0].double().softmax(-1).numpy()
        classes = drawn(np.tile(prior, (count, 1)), generator) if wanted is None else np.array(wanted)
        *weights, output = [one[name][0].double().softmax(-1).numpy() for name in self.names]
        channels = drawn(output[classes], generator)[:, None]
        for weight, window in zip(reversed(weights), reversed(self.tree.windows), strict=True):
            channels = channels.repeat(window, axis=1)  # a product node's children share its channel
            places = np.arange(channels.shape[1]) % len(weight)
            rows = weight[channels] if weight.ndim == 2 else weight[places, channels]
            channels = drawn(rows, generator)
        return self._as_images(self.leaves.sample(one, channels, generator)), classes

    def _as_images(self, sites: np.ndarray) -> np.ndarray:
        """Pixels of sites (n, N, pixels), in tree order, as images (n, …)."""
        ordered = sites[:, np.argsort(self._order)]
        if len(self.tree.shape) == 1:
            return ordered[:, :, 0]
        rows, columns = self.tree.shape
        parts = ordered.reshape(len(sites), rows, columns, self.patch, self.patch).swapaxes(2, 3)
        return parts.reshape(len(sites), rows * self.patch, columns * self.patch)

    def source(self, replica: int = 0) -> Circuit:
        """One replica as a circuit: see `circuit`."""
        return self.circuit(replica)

    def circuit(self, replica: int = 0) -> Circuit:
        """One replica as data for the engines, float64: its value is P(x, y).

        Sites are one-hot in their values where leaves are categorical. A Gaussian site has no finite local dimension:
        its vector is that of the M densities P(x_i | d), so that the coefficient tensor is the joint distribution of
        y and the components. Its ranks are the function's, its entropies those of the components alone.

        Raises:
            ArgumentError: there is no such replica, or a weight isn't finite.
        """
        replica = checked_replica(replica, self.seeds)
        parts = {name: parameter[replica].detach().cpu().double() for name, parameter in self.named_parameters()}
        *weights, output = [parts[name].softmax(-1).numpy() for name in self.names]
        if isinstance(self.leaves, Categorical):
            weights[0] = weights[0] @ self.leaves.coefficients(parts).exp().numpy()
        return as_circuit(self.tree, weights, parts["prior"].softmax(-1).numpy()[:, None] * output, self.sharing)


def make_leaves(kind: str, representation: Representation, least_variance: float) -> Leaves:
    """Leaves of a kind for pixels; raises ArgumentError when the patch or the variance doesn't fit it."""
    if kind == "categorical":
        if representation.patch != 1:
            raise ArgumentError(f"patch: {representation.patch}; accepted: 1 with categorical leaves")
        return Categorical(representation.brightest)
    least = arrays.number(least_variance, "least_variance", above=0)
    return Gaussian(representation.pixels, representation.brightest, least)


def build(spec: MixtureSpec, seeds: Sequence[int]) -> TensorialMixture:
    """The tensorial mixture model of a spec, one replica per seed; raises ArgumentError where its fields don't fit."""
    return TensorialMixture(
        spec.tree,
        spec.local_dimension,
        spec.widths,
        spec.classes,
        leaves=spec.leaves,
        sharing=spec.sharing,
        objective=spec.objective,
        patch=spec.patch,
        brightest=spec.brightest,
        least_variance=spec.least_variance,
        seed=tuple(seeds),
    )
