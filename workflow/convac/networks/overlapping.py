"""Overlapping convolutional arithmetic circuits: generalised convolutions whose windows reach into one another.

Each level multiplies, for every output channel, K×K linear maps, one for each position within a window. Windows stand
two positions apart, so that they overlap from K = 3 on. What lies outside the image counts as a factor of 1.

Adam moves all weights alike, but a weight of level 1 counts once for every site that it reads, one of the last level
once: networks whose weights all move so are thrown out of what they have learnt, until one channel alone is left of all
products and the answer is the same for every image (`benchmarks/overlapping_starts.py` counts how many). So weights
are trained in units in which a step says as much at every level. A site is also read along many paths to the root, 14
on average for K = 5 on 8×8 sites: channels start the more alike the more there are, by their square root.
"""

import math
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from convac import arrays
from convac.errors import ArgumentError
from convac.networks.arguments import accept, accept_pyramid, checked_pyramid, checked_seeds
from convac.networks.initialisation import draws, seed_words
from convac.networks.inputs import Images
from convac.networks.products import SPREAD, WEIGHTS, Arithmetic, dark_response, passing_on
from convac.networks.representations import Representation, accept_representation
from convac.networks.window_products import STRIDE, reads, summed, window_products
from convac.specs.networks.overlapping import OverlappingSpec

LARGEST_KERNEL = 7


class OverlappingConvAC(Arithmetic):
    """A convolutional arithmetic circuit of generalised convolutions, halved along both axes by every level.

    Args:
        sites: positions along each axis, 2^levels.
        widths: channels after each level.
        classes: number of classes.
        kernel: K, positions along each axis of a window, from 2 (no overlap: a ConvAC with windowed weights) up.
        weights: `positive` (every weight is exp(b)) or `signed`.
        representation: how integer images become sites.
        seed: an integer, or one per replica. Weights start `diagonal`, see `ConvAC`.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1703.02065 (generalised convolution).

    >>> network = OverlappingConvAC((4, 4), (3, 3), kernel=3)
    >>> network(network.encode(np.zeros((5, 4, 4), dtype=int))).shape
    torch.Size([1, 5, 2])
    """

    def __init__(
        self,
        sites: Sequence[int],
        widths: Sequence[int],
        classes: int = 2,
        *,
        kernel: int = 3,
        weights: str = "positive",
        representation: Representation | None = None,
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        self.seeds = checked_seeds(seed)
        self.classes = arrays.integer(classes, "classes", least=1, most=arrays.WIDEST)
        self.kernel = arrays.integer(kernel, "kernel", STRIDE, LARGEST_KERNEL)
        self.kind = accept("weights", weights, WEIGHTS)
        self.representation = accept_representation(representation)
        self.sites, self.widths, block = checked_pyramid(sites, widths)
        if self.sites != (block, block):
            raise ArgumentError(f"sites: {list(self.sites)}; accepted: both 2^levels, {block}")
        channels = (self.representation.dimension(), *self.widths)
        pixels = self.representation.pixels if self.representation.affine else None
        words = seed_words(len(self.widths))
        for level, (word, name) in enumerate(zip(words, self.names, strict=True)):
            into, out = channels[level], self.classes if name == "output" else channels[level + 1]
            shape = (out, into) if name == "output" else (self.kernel**2, out, into)
            logs = draws(self.seeds, word, shape, -SPREAD, SPREAD)
            # a site enters the products along several paths, as if so many independent draws were added up
            logs = passing_on(logs) if level else dark_response(logs / math.sqrt(self.paths()), pixels)
            weight = logs if self.kind == "positive" else logs.exp()
            self.register_parameter(name, nn.Parameter(weight / self.unit(name)))

    def paths(self) -> float:
        """Ways from a site to the root, on average over the image."""
        return math.prod(reads(self.kernel, self.sites[0] // STRIDE**level) for level in range(len(self.widths)))

    def unit(self, name: str) -> float:
        """What a layer's parameters are multiplied by to become its weights, or their logarithms.

        Relative to the last level, 1 over how many positions its maps read in an image, at level 1 also over the pixels
        of a site, among which its weights are shared out.
        """
        if name == "output":
            return 1.0
        level = self.names.index(name)
        pixels = self.representation.pixels if self.representation.affine and not level else 1
        return STRIDE**2 / ((self.sites[0] // STRIDE**level) ** 2 * pixels)  # type: ignore[no-any-return]

    def weight(self, name: str) -> Tensor:
        """The weight that a parameter stands for, in units of its layer."""
        scaled = self.get_parameter(name) * self.unit(name)
        return scaled.exp() if self.kind == "positive" else scaled

    @property
    def names(self) -> list[str]:
        """Parameters from the sites up."""
        return [*(f"level_{level}" for level in range(1, len(self.widths) + 1)), "output"]

    @property
    def pixel_values(self) -> list[int]:
        """The darkest and the brightest value of a pixel."""
        return [0, self.representation.brightest]

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """The grid and what stands at its sites."""
        return ("sites", self.sites, self.representation)

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Images are pixels, integers."""
        return self.representation.image_shape(self.sites)

    def encoded(self, images: Images) -> Tensor:
        """Integer images (n, rows, columns) as their sites: pixels (n, sites·pixels) or numbers (n, sites).

        Raises:
            ArgumentError: the shape or a value doesn't fit the network.
        """
        sites = self.representation.sites(images, self.sites)
        kind = np.uint8 if sites.max() < 256 else np.int32
        return torch.from_numpy(sites.reshape(len(sites), -1).astype(kind))

    def prepared(self, rows: Tensor) -> Tensor:
        """Representation vectors (1 or replicas, M, rows, columns, batch) from encoded images."""
        kind = self.get_parameter("output").dtype
        if self.representation.affine:
            values = torch.unflatten(rows, 2, (*self.sites, -1)).permute(0, 4, 2, 3, 1).to(kind)
            values = values / self.representation.brightest
            return torch.cat([values, 1 - values], dim=1)
        numbers = torch.unflatten(rows, 2, self.sites).permute(0, 2, 3, 1).long()
        return torch.nn.functional.one_hot(numbers, self.representation.dimension()).movedim(4, 1).to(kind)

    def propagate(self, inputs: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Values and logarithm of their scale after every level.

        Args:
            inputs: from `prepare`.

        Yields:
            Rescaled values (replicas, channels, rows, columns, batch), at most 1 in magnitude, and ln of the scale
            (replicas, 1, rows, columns, batch), without gradient.
        """
        values, log = inputs, inputs.new_zeros(1, 1, *inputs.shape[2:4], 1)
        for name in self.names[:-1]:
            log = summed(log, self.kernel)
            values, scale = window_products(self.weight(name), values, self.kernel)  # type: ignore[no-untyped-call]
            log = log + scale
            yield values, log


def build(spec: OverlappingSpec, seeds: Sequence[int]) -> OverlappingConvAC:
    """The overlapping ConvAC of a spec, one replica per seed; raises ArgumentError where its fields don't fit."""
    representation = Representation.of(spec.representation)
    accept_pyramid(spec, representation.dimension())
    return OverlappingConvAC(
        spec.sites,
        spec.widths,
        spec.classes,
        kernel=spec.kernel,
        weights=spec.weights,
        representation=representation,
        seed=tuple(seeds),
    )
