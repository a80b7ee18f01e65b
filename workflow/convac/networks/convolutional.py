"""Convolutional networks (ConvNets): K×K convolutions with ReLU, each followed by max or average pooling.

Replicas lie along the leading axis of every parameter. A small convolution is one matrix product of all of
them; larger ones are made each by itself on a processor, channels last, and as groups, all at once, on an accelerator.
"""

from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d, pad

from convac import arrays
from convac.errors import ArgumentError
from convac.networks.arguments import accept, accept_pyramid, checked_pyramid, checked_seeds
from convac.networks.base import BiasedNetwork
from convac.networks.calibration import grey_images
from convac.networks.initialisation import normals, seed_words
from convac.networks.inputs import Images
from convac.networks.representations import Representation, accept_representation, with_mask
from convac.specs.networks.convolutional import ConvolutionalSpec

POOLINGS = ("max", "average")
INITIALISATIONS = ("normal", "calibrated")
LARGEST_KERNEL = 15
CHANNELS = 2  # axis of the activations
SHIFT = 64.0  # a bias at which no ReLU cuts anything off
# A convolution whose matrix has no more numbers takes less time as that matrix: calls cost more than products
# (benchmarks/train_step.py).
SMALL = 2**15


class ConvNet(BiasedNetwork):
    """A convolutional network over a grid of sites, halved along both axes by every level.

    Args:
        sites: positions along each axis, 2^levels times what the last level leaves.
        widths: channels after each level.
        classes: number of classes.
        kernel: K, positions along each axis of a convolution; 1 makes the windows of a tree, larger ones overlap.
        pooling: `max` or `average`, over 2×2 positions.
        representation: its `patch` says which pixels make a site; its vectors are used where `affine` says so.
        affine: whether a site is given as its pixels x and 1 − x, not as x alone. From biases at 0, maxima of 1×1 maps
            of x alone are multiples of the brightest pixel at every level, and nothing is learnt.
        mask_channel: whether pixels may be `MISSING` (−1); each then has a second channel that says whether it is
            known, and a missing one is dark. Not beside `affine`.
        initialisation: `normal`: weights of variance 2 / inputs, biases at 0 (1502.01852). `calibrated`: then scaled
            and shifted so that every channel has mean 0 and variance 1 before its ReLU, on random grey images: with
            few channels half of them are dead otherwise (1511.06422, by layer; here by channel).
        seed: an integer, or one per replica.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1704.01552 and 1703.02065, Experiments (ConvNets that stand beside the arithmetic circuits).

    >>> import numpy as np
    >>> network = ConvNet((4, 4), (3, 5), classes=2, kernel=3)
    >>> network(network.encode(np.zeros((7, 4, 4), dtype=int))).shape
    torch.Size([1, 7, 2])
    """

    def __init__(
        self,
        sites: Sequence[int],
        widths: Sequence[int],
        classes: int = 2,
        *,
        kernel: int = 3,
        pooling: str = "max",
        representation: Representation | None = None,
        affine: bool = False,
        mask_channel: bool = False,
        initialisation: str = "normal",
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        self.seeds = checked_seeds(seed)
        self.classes = arrays.integer(classes, "classes", least=1, most=arrays.WIDEST)
        self.kernel = arrays.integer(kernel, "kernel", 1, LARGEST_KERNEL)
        self.pooling = accept("pooling", pooling, POOLINGS)
        self.representation = accept_representation(representation)
        affine, mask_channel = arrays.boolean(affine, "affine"), arrays.boolean(mask_channel, "mask_channel")
        if affine and mask_channel:
            raise ArgumentError("mask_channel: beside affine; accepted: one of the two")
        self.affine, self.mask_channel = affine, mask_channel
        self.sites, self.widths, shrunk = checked_pyramid(sites, widths)
        channels = (self.representation.channels(affine or mask_channel), *self.widths)
        *words, last_word = seed_words(len(self.widths))
        for word, name, into, out in zip(words, self.names, channels[:-1], channels[1:], strict=False):
            shape = (out, into, self.kernel, self.kernel)
            self._add(name, word, shape, 2 / (into * self.kernel**2))
        last = channels[-1] * self.sites[0] * self.sites[1] // shrunk**2
        self._add("output", last_word, (self.classes, last), 1 / last)
        if accept("initialisation", initialisation, INITIALISATIONS) == "calibrated":
            self._calibrate()

    @torch.no_grad()
    def _calibrate(self) -> None:
        images = grey_images(self.representation.image_shape(self.sites), self.representation.brightest)
        inputs = self.prepare(self.encode(images))
        for level, name in enumerate(self.names[:-1]):
            weight, bias = self.get_parameter(name), self.get_parameter(f"{name}_bias")
            bias.fill_(SHIFT)
            values = next(islice(self.propagate(inputs), level, None)) - SHIFT
            deviation, mean = torch.std_mean(values.movedim(CHANNELS, 1).flatten(2), dim=2)
            deviation = deviation.clamp(min=1e-3)
            weight.div_(deviation[..., None, None, None])
            bias.copy_(-mean / deviation)

    def _add(self, name: str, word: str, shape: tuple[int, ...], variance: float) -> None:
        self.register_parameter(name, nn.Parameter(normals(self.seeds, word, shape, variance**0.5)))
        self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(len(self.seeds), shape[0])))

    @property
    def names(self) -> list[str]:
        """Layers from the sites up; each has a weight of that name and a bias."""
        return [*(f"level_{level}" for level in range(1, len(self.widths) + 1)), "output"]

    @property
    def reads_missing(self) -> bool:
        """Whether there is a mask channel."""
        return self.mask_channel

    @property
    def pixel_values(self) -> list[int]:
        """The darkest and the brightest value of a pixel."""
        return [0, self.representation.brightest]

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """The grid and its pixels."""
        pixels = (self.representation.patch, self.representation.brightest)
        return ("pixels", self.sites, *pixels, self.affine, self.mask_channel)

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Images are pixels, integers."""
        return self.representation.image_shape(self.sites)

    def encoded(self, images: Images) -> Tensor:
        """Integer images (n, rows, columns) as the pixels of every site, (n, sites·pixels), uint8.

        Affine ones have twice as many; where pixels may be missing they are int16.

        Raises:
            ArgumentError: the shape or a value doesn't fit the network.
        """
        affine = Representation("affine", self.representation.patch, self.representation.brightest)
        pixels = torch.from_numpy(affine.sites(images, self.sites, missing=self.mask_channel))
        return (torch.cat([pixels, affine.brightest - pixels], dim=2) if self.affine else pixels).flatten(1)

    def prepared(self, rows: Tensor) -> Tensor:
        """Shares of the brightest value, (1 or replicas, batch, channels of a site, *sites), from encoded images."""
        values = torch.unflatten(rows, 2, (*self.sites, -1)).to(self.get_parameter("output").dtype).movedim(4, 2)
        if self.mask_channel:
            return with_mask(values, self.representation.brightest)
        return values / self.representation.brightest

    def propagate(self, inputs: Tensor) -> Iterator[Tensor]:
        """Activations (replicas, batch, channels, rows, columns) after every level, from prepared inputs."""
        for values in self._levels(inputs):
            yield torch.stack(list(values))

    def _levels(self, inputs: Tensor) -> Iterator[Sequence[Tensor]]:
        """Activations of each replica (batch, channels, rows, columns) after every level."""
        values: Sequence[Tensor] = inputs.expand(len(self.seeds), -1, -1, -1, -1).unbind()
        for name in self.names[:-1]:
            weight, bias = self.get_parameter(name), self.get_parameter(f"{name}_bias")
            out, into = weight.shape[1:3]
            positions = values[0][0, 0].numel()
            if (out * positions) * (into * positions) <= SMALL:
                mapped = as_matrix(torch.stack(list(values)), weight, bias)
                values = torch.unflatten(self._pooled(mapped.flatten(0, 1)), 0, mapped.shape[:2]).unbind()
            else:
                convolve = grouped if inputs.is_cuda else one_by_one
                values = [self._pooled(mapped) for mapped in convolve(values, weight, bias)]
            yield values

    def _pooled(self, values: Tensor) -> Tensor:
        """ReLU and pooling; a maximum commutes with the ReLU, and leaves it fewer values."""
        return max_pool2d(values, 2).relu() if self.pooling == "max" else avg_pool2d(values.relu(), 2)

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs."""
        for last in self._levels(inputs):
            values = last
        return self.readout(torch.stack(list(values)))

    def readout(self, values: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of the values after the last level."""
        return torch.baddbmm(
            self.get_parameter("output_bias").unsqueeze(1), values.flatten(2), self.get_parameter("output").mT
        )


def margins(kernel: int) -> tuple[int, int, int, int]:
    """Zeros around an image that leave its size as it is: as many after as before, one more for even kernels."""
    before = (kernel - 1) // 2
    return (before, kernel - 1 - before) * 2


def one_by_one(values: Sequence[Tensor], weight: Tensor, bias: Tensor) -> list[Tensor]:
    """Convolution of every replica by itself: values (batch, in, …) of each, weight (replicas, out, in, K, K)."""
    around, even = margins(weight.shape[-1]), {"memory_format": torch.channels_last}
    return [
        conv2d(pad(image, around).contiguous(**even), kernel.contiguous(**even), shift)
        if around[0] != around[1]
        else conv2d(image.contiguous(**even), kernel.contiguous(**even), shift, padding=around[0])
        for image, kernel, shift in zip(values, weight, bias, strict=True)
    ]


def grouped(values: Sequence[Tensor], weight: Tensor, bias: Tensor) -> list[Tensor]:
    """The same convolution of all replicas at once, as groups of channels."""
    side_by_side = pad(torch.cat(list(values), dim=1), margins(weight.shape[-1]))
    made = conv2d(side_by_side, weight.flatten(0, 1), bias.flatten(), groups=len(values))
    return list(made.chunk(len(values), dim=1))


def as_matrix(values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The same convolution, of values (replicas, batch, in, rows, columns), by its matrix from inputs to outputs."""
    rows, columns = values.shape[-2:]
    placed = weight.flatten(3) @ placements(rows, columns, weight.shape[-1]).to(weight)
    matrix = torch.unflatten(placed, 3, (rows * columns, -1)).transpose(2, 3).flatten(3).flatten(1, 2)
    shifts = bias.repeat_interleave(rows * columns, dim=1).unsqueeze(1)
    return torch.unflatten(torch.baddbmm(shifts, values.flatten(2), matrix.mT), 2, (-1, rows, columns))


@cache
def placements(rows: int, columns: int, kernel: int) -> Tensor:
    """1 where a kernel's entry joins an output to an input, (kernel², outputs·inputs), positions in row-major order."""
    before = (kernel - 1) // 2
    row, column = torch.arange(rows), torch.arange(columns)
    entries = torch.arange(kernel) - before
    down = entries[:, None, None] == row[None, None, :] - row[None, :, None]
    along = entries[:, None, None] == column[None, None, :] - column[None, :, None]
    return torch.einsum("kab,lcd->klacbd", down.float(), along.float()).reshape(kernel**2, -1)


def build(spec: ConvolutionalSpec, seeds: Sequence[int]) -> ConvNet:
    """The ConvNet of a spec, one replica per seed; raises ArgumentError where its fields don't fit together."""
    representation = Representation.of(spec.pixels)
    accept_pyramid(spec, representation.channels(spec.affine or spec.mask_channel))
    return ConvNet(
        spec.sites,
        spec.widths,
        spec.classes,
        kernel=spec.kernel,
        pooling=spec.pooling,
        representation=representation,
        affine=spec.affine,
        mask_channel=spec.mask_channel,
        initialisation=spec.initialisation,
        seed=tuple(seeds),
    )
