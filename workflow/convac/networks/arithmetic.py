"""Convolutional arithmetic circuits (ConvACs): linear 1×1 convolutions and product pooling over a tree.

Real and positive weights share one implementation.
"""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.arguments import accept, checked_replica, checked_seeds
from convac.networks.initialisation import draws, normals, seed_words
from convac.networks.inputs import Images, is_floating
from convac.networks.maps import SHARINGS, TINY, as_circuit
from convac.networks.products import (
    FLOOR,
    SPREAD,
    WEIGHTS,
    Arithmetic,
    counted_products,
    dark_response,
    passing_on,
    tree_level,
)
from convac.networks.representations import GREY, Representation, accept_representation, patches
from convac.networks.split import Splittable
from convac.seeds import stream
from convac.specs.networks.arithmetic import ArithmeticSpec

INITIALISATIONS = {"positive": ("uniform", "calibrated", "diagonal"), "signed": ("calibrated", "normal", "diagonal")}
# Random images on which a calibrated initialisation sets its scales.
CALIBRATION_IMAGES = 32


class ConvAC(Splittable, Arithmetic):
    """A convolutional arithmetic circuit over a pooling tree.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M, the dimension of a site's representation.
        widths: channels after each level.
        classes: number of classes.
        weights: `positive` (every weight is exp(b); logits ln h_y) or `signed` (real weights; Born readout,
            p(y|x) ∝ h_y², logits 2 ln|h_y|).
        sharing: weights `shared` over positions, `windowed` (one for each position within a window: a generalised
            convolution whose kernel is its stride, 1703.02065) or `located` at each position.
        representation: how integer images become sites; pixels or patches, one-hot or affine.
        initialisation: `uniform` (b from U(-1, 1), positive weights only), `calibrated` (exp(U(-s, s)) with
            s = min(1, 4 / window), divided so that the logarithm of the scale stays near 0 at every level), `diagonal`
            (a dark site has the same response in every channel, and above level 1 a channel passes on mostly itself:
            what the parts of an image say adds up from the first step) or `normal` (variance 1 / channels, signed
            weights only: the textbook's, for contrast); by default `diagonal` for affine sites, else the first that
            the weights admit.
        seed: an integer, or one per replica; replicas lie along the leading axis of every parameter.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1509.05009 (convolutional arithmetic circuits); 1605.06743, Experiments (positive weights, log space).

    >>> import numpy as np
    >>> tree = PoolingTree.named("square", (4, 4))
    >>> network = ConvAC(tree, 2, (3, 3))
    >>> encoded = network.encode(np.zeros((5, 4, 4), dtype=int))
    >>> network(encoded).shape
    torch.Size([1, 5, 2])
    >>> network.circuit().widths
    (3, 3)
    """

    def __init__(
        self,
        tree: PoolingTree,
        local_dimension: int,
        widths: Sequence[int],
        classes: int = 2,
        *,
        weights: str = "positive",
        sharing: str = "shared",
        representation: Representation | None = None,
        initialisation: str | None = None,
        seed: int | Sequence[int] = 0,
    ) -> None:
        seeds = checked_seeds(seed)
        self.kind = accept("weights", weights, WEIGHTS)
        sharing = accept("sharing", sharing, SHARINGS)
        affine = accept_representation(representation).affine if representation is not None else False
        if initialisation is None and affine:
            initialisation = "diagonal"
        initialisation = accept("initialisation", initialisation, INITIALISATIONS[self.kind])
        super().__init__(tree, local_dimension, widths, classes, seeds=seeds, sharing=sharing, distinct=False)
        self.representation = representation
        if representation is not None and representation.dimension() != self.local_dimension:
            raise ArgumentError(f"local_dimension: {self.local_dimension}; accepted: {representation.dimension()}")
        if representation is not None and len(tree.shape) != 2:
            raise ArgumentError(f"sites: {list(tree.shape)}; accepted: a grid, where sites are patches of an image")
        if affine and initialisation == "calibrated":
            raise ArgumentError("initialisation: calibrated needs one-hot sites; accepted: diagonal, normal")
        pixels = representation.pixels if representation is not None and affine else None
        shapes = {f"level_{level}": shape for level, shape in enumerate(self.shapes(), start=1)}
        shapes["output"] = (self.classes, self.widths[-1])
        words = seed_words(tree.levels)
        for word, name, shape, window in zip(words, shapes, shapes.values(), (*tree.windows, 1), strict=True):
            if initialisation == "normal":
                initial = normals(seeds, word, shape, shape[-1] ** -0.5)
            elif initialisation == "diagonal":
                logs = draws(seeds, word, shape, -SPREAD, SPREAD)
                initial = dark_response(logs, pixels) if name == "level_1" else passing_on(logs)
                initial = initial if self.kind == "positive" else initial.exp()
            else:
                # channels of a product over a large window would differ by hundreds of nats: one would rule alone
                spread = min(1.0, 4 / window) if initialisation == "calibrated" else 1.0
                initial = draws(seeds, word, shape, -spread, spread)
                initial = initial if self.kind == "positive" else initial.exp()
            self.register_parameter(name, nn.Parameter(initial))
        if initialisation == "calibrated":
            self._calibrate()

    @property
    def names(self) -> list[str]:
        """Parameters from the sites up."""
        return [*(f"level_{level}" for level in range(1, self.tree.levels + 1)), "output"]

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """That of a network over a tree, and the representation."""
        return (*super().reader, self.representation)

    @property
    def hint(self) -> str:
        """What an error line says to who has grey values."""
        return GREY

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Integers are one-hot sites or, with a representation, pixels; floats are representation vectors (N, M)."""
        if floating or self.representation is None:
            return super().shape_of(floating)
        return self.representation.image_shape(self.tree.shape)

    def encoded(self, images: Images) -> Tensor:
        """Images that `TreeNetwork` takes, or integer images of pixels with a representation, as rows.

        Raises:
            ArgumentError: the shape or a value doesn't fit the network.
        """
        vectors = is_floating(images) and tuple(images.shape[1:]) == self.shape_of(True)
        if self.representation is None or vectors:
            return super().encoded(images)
        sites = self.representation.sites(images, self.tree.shape)
        if self.representation.affine:
            return torch.from_numpy(np.ascontiguousarray(sites[:, self._order])).flatten(1)
        return super().encoded(sites)

    def site_values(self, images: Images) -> np.ndarray:
        """Sites, or pixels by the representation, as integers (n, N) or vectors (n, N, M), in tree order."""
        vectors = is_floating(images) and tuple(images.shape[1:]) == self.shape_of(True)
        if self.representation is None or vectors:
            return super().site_values(images)
        sites = self.representation.sites(images, self.tree.shape)
        if not self.representation.affine:
            return super().site_values(sites)
        values = sites[:, self._order] / self.representation.brightest
        return np.concatenate([values, 1 - values], axis=2)

    def site_mask(self, inside: np.ndarray) -> np.ndarray | None:
        """Pixels inside I as sites in tree order; None where a site is cut."""
        if self.representation is None or inside.shape != self.shape_of(False):
            return super().site_mask(inside)
        return super().site_mask(patches(inside[None], self.representation.patch)[0])

    def prepared(self, rows: Tensor) -> Tensor:
        """Turn encoded images into the input of `propagate`: see `TreeNetwork.prepared`."""
        if self.representation is None or not self.representation.affine or rows.is_floating_point():
            return super().prepared(rows)
        values = torch.unflatten(rows, 2, (self.tree.sites, -1)).permute(0, 3, 2, 1)
        values = values.to(self.get_parameter("output").dtype) / self.representation.brightest
        return torch.cat([values, 1 - values], dim=1)

    def propagate(self, inputs: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Values and logarithm of their scale after every level.

        Args:
            inputs: from `prepare`.

        Yields:
            Rescaled values (replicas, channels, positions, batch), at most 1 in magnitude, and ln of the scale
            (replicas, 1, positions, batch), without gradient. A tabulated level has (…, symbols, 1) instead.
        """
        levels = list(zip(self.names, self.tree.windows, strict=False))
        signed = self.kind == "signed"
        if inputs.ndim == 4:
            values, log = inputs, inputs.new_zeros(1, 1, inputs.shape[2], 1)
        else:
            table = self.weight("level_1")
            log = table.new_zeros(len(table), 1, self.local_dimension)
            for (name, _), counts in zip(levels[1:], self.tables(), strict=False):
                table, log = counted_products(table, log, counts, signed)
                yield table.unsqueeze(3), log.unsqueeze(3)
                table = self.weight(name) @ table
            values, log = counted_products(table, log, inputs, signed)
            levels = levels[len(self.tables()) + 1 :]
            positions = self.tree.positions[self.tree.levels - len(levels)]
            values, log = (torch.unflatten(part, 2, (positions, -1)) for part in (values, log))
            yield values, log
        for name, window in levels:
            values, log = self._level(self.weight(name), values, log, window)
            yield values, log

    def _level(self, weight: Tensor, values: Tensor, log: Tensor, window: int) -> tuple[Tensor, Tensor]:
        return tree_level(weight, values, log, window, sharing=self.sharing, signed=self.kind == "signed")

    def level_weight(self, level: int, replica: int) -> Tensor:
        """The map of a level, from 0 up: (out, in), or (positions, out, in) where they differ."""
        weight = self.weight(self.names[level])[replica]
        return weight.tile(self.tree.positions[level] // len(weight), 1, 1) if self.sharing == "windowed" else weight

    def factors(self, mapped: Tensor, level: int, replica: int) -> Tensor:
        """Logarithms, followed by one number per channel that is 1 where a signed value is negative."""
        logs = mapped.abs().clamp_min_(TINY).log_()
        return logs if self.kind == "positive" else torch.cat([logs, mapped.signbit().to(logs.dtype)], dim=-1)

    def from_pooled(self, pooled: Tensor, window: int) -> Tensor:
        """Products, rescaled over channels as `Products` does."""
        logs, *negative = pooled.chunk(1 if self.kind == "positive" else 2, dim=-1)
        products = (logs - logs.amax(-1, keepdim=True)).clamp_min_(FLOOR).exp_()
        return products * (1 - 2 * (negative[0].int() & 1)) if negative else products

    def top_logits(self, values: Tensor, replica: int) -> Tensor:
        """Logits (…, classes) of the values (…, channels) after the last level."""
        return self.readout(values @ self.weight("output")[replica].mT)

    @torch.no_grad()
    def _calibrate(self) -> None:
        """Divide each level's weights so that the mean of ln scale is 0 after it, over random images.

        Level 1 is divided per symbol first, so that every symbol's largest response is 1 and the scale hardly
        depends on how many sites hold which.
        """
        vectors = np.eye(self.local_dimension, dtype=np.float32)[reference_images(self.tree, self.local_dimension)]
        values = self.prepared(self.encoded(vectors).unsqueeze(0))
        log = values.new_zeros(1, 1, self.tree.sites, 1)
        for level, window in enumerate(self.tree.windows, start=1):
            weight = self.weight(f"level_{level}")
            weight = weight / (weight.amax(-2, keepdim=True) if level == 1 else weight.sum(-1, keepdim=True))
            values, log = self._level(weight, values, log, window)
            shift = log.mean((1, 2, 3)) / window
            weight = weight / shift.exp().view(-1, *[1] * (weight.ndim - 1))
            log = log - (shift * window).view(-1, 1, 1, 1)
            self._set(f"level_{level}", weight)
        output = self.weight("output")
        self._set("output", output / output.sum(-1, keepdim=True))

    def _set(self, name: str, weight: Tensor) -> None:
        self.get_parameter(name).copy_(weight.log() if self.kind == "positive" else weight)

    def source(self, replica: int = 0) -> Circuit:
        """One replica as a circuit: see `circuit`."""
        return self.circuit(replica)

    def circuit_inputs(self, images: np.ndarray) -> np.ndarray:
        """Integer images as the circuit takes them, sites in row-major order: symbols (n, N) or vectors (n, N, M)."""
        if self.representation is None:
            return images.reshape(len(images), -1).astype(np.int64)
        sites = self.representation.sites(images, self.tree.shape)
        if not self.representation.affine:
            return sites.reshape(len(images), -1)
        pixels = sites / self.representation.brightest
        return np.concatenate([pixels, 1 - pixels], axis=2)

    def circuit(self, replica: int = 0) -> Circuit:
        """One replica as data for the engines: float64 weights, exp(b) when they are positive.

        Raises:
            ArgumentError: there is no such replica, or a weight isn't finite.
        """
        replica = checked_replica(replica, self.seeds)
        arrays = [self.get_parameter(name)[replica].detach().cpu().double().numpy() for name in self.names]
        *weights, output = [np.exp(array) if self.kind == "positive" else array for array in arrays]
        return as_circuit(self.tree, weights, output, self.sharing)


def reference_images(tree: PoolingTree, local_dimension: int) -> np.ndarray:
    """Random images (n, N) for calibration, neither all fine nor all coarse, with any shares of the symbols.

    Image after image takes runs of one symbol as long as the windows below level 1, 2, … L have sites.
    """
    generator = stream("calibration")
    images = np.empty((CALIBRATION_IMAGES, tree.sites), dtype=np.int64)
    for number, image in enumerate(images):
        positions = tree.positions[number % tree.levels]
        share = generator.dirichlet(np.ones(local_dimension))
        image[list(tree.order)] = generator.choice(local_dimension, positions, p=share).repeat(tree.sites // positions)
    return images


def build(spec: ArithmeticSpec, seeds: Sequence[int]) -> ConvAC:
    """The ConvAC of a spec, one replica per seed; raises ArgumentError where its fields don't fit together."""
    return ConvAC(
        spec.tree,
        spec.local_dimension,
        spec.widths,
        spec.classes,
        weights=spec.weights,
        sharing=spec.sharing,
        representation=None if spec.representation is None else Representation.of(spec.representation),
        initialisation=spec.initialisation,
        seed=tuple(seeds),
    )
