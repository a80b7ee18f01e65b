"""What a network sees of an image: its pixels, or its patches, as the sites that the network relates.

A *site* is a patch of p×p pixels (p = 1: a pixel). Its representation vector f is one-hot over the 2^(p·p) patches of
a binary image, or affine in the p·p values x of a grey one: f = (x, 1 − x), M = 2·p·p.

Source: 1509.05009 (representation functions); the affine one is ours, the simplest in which a dark pixel has a say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convac import arrays
from convac.errors import ArgumentError
from convac.networks.inputs import MISSING, Images, whole_images
from convac.specs.network import Pixels

KINDS = ("one-hot", "affine")
LARGEST = 255  # of a pixel
# what an error line says to who has grey values where pixels are 0 and 1
GREY = "; grey values: integers up to 255 by Representation('affine', brightest=255)"
LARGEST_PATCH = 4  # one-hot patches of 4×4 binary pixels have 65,536 values


@dataclass(frozen=True)
class Representation:
    """How an integer image becomes sites.

    Attributes:
        kind: `one-hot` or `affine`.
        patch: pixels along each side of a site.
        brightest: the largest value of a pixel, which an affine representation divides by.

    Raises:
        ArgumentError: an attribute is outside what is accepted.
    """

    kind: str = "one-hot"
    patch: int = 1
    brightest: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            given = arrays.short(self.kind)
            raise ArgumentError(f"representation: {given} is unknown; accepted: {', '.join(KINDS)}")
        # integers of numpy are made Python's, so that equal representations print and hash alike
        object.__setattr__(self, "patch", arrays.integer(self.patch, "patch", 1, LARGEST_PATCH))
        object.__setattr__(self, "brightest", arrays.integer(self.brightest, "brightest", 1, LARGEST))
        if not self.affine and self.brightest != 1:
            raise ArgumentError(f"brightest: {self.brightest}; accepted: 1 with one-hot sites")

    @classmethod
    def of(cls, pixels: Pixels) -> "Representation":
        """The representation that a network's spec says."""
        return cls(pixels.kind, pixels.patch, pixels.brightest)

    @property
    def pixels(self) -> int:
        """Pixels of a site."""
        return self.patch**2

    def channels(self, doubled: bool) -> int:
        """Numbers that a site's pixels are to a ConvNet: x alone, or beside it 1 − x or whether it is known."""
        return self.pixels * (1 + doubled)

    @property
    def affine(self) -> bool:
        """Whether the vectors are affine in the pixels."""
        return self.kind == "affine"

    def image_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Pixels along each axis, from the sites along each."""
        return tuple(self.patch * side for side in shape)

    def sites(self, images: Images, shape: Sequence[int], *, missing: bool = False) -> np.ndarray:
        """Sites of images, in row-major order.

        Args:
            images: integers (n, rows, columns), `patch` times the sites along each axis, from 0 to `brightest`;
                booleans count as 0 and 1.
            shape: sites along each axis.
            missing: whether pixels may be `MISSING`; of affine sites alone.

        Returns:
            One-hot: the number of each site's value (n, *shape), pixels read as binary digits, the first the least.
            Affine: the pixels (n, sites, patch²), uint8; int16 where they may be missing.

        Raises:
            ArgumentError: the shape or a value doesn't fit.
        """
        if len(shape) != 2:
            raise ArgumentError(f"sites: {list(shape)}; accepted: a grid, where sites are patches of an image")
        hint = GREY if self.brightest == 1 else ""
        least = MISSING if missing else 0
        parts = patches(whole_images(images, self.image_shape(shape), least, self.brightest, hint), self.patch)
        if self.affine:
            return np.asarray(parts.reshape(len(parts), -1, self.pixels), dtype=np.int16 if missing else np.uint8)
        return np.asarray(parts @ 2 ** np.arange(self.pixels))

    def dimension(self) -> int:
        """M, the dimension of a site's representation vector."""
        return 2 * self.pixels if self.affine else 2**self.pixels


def patches(images: np.ndarray, side: int) -> np.ndarray:
    """Images (n, rows, columns) cut into squares of `side` pixels: (n, rows / side, columns / side, side²)."""
    count, rows, columns = images.shape
    parts = images.reshape(count, rows // side, side, columns // side, side).swapaxes(2, 3)
    return parts.reshape(count, rows // side, columns // side, side**2)


def with_mask(values: Tensor, brightest: int) -> Tensor:
    """Channels of pixels some of which may be missing: shares of the brightest value, then 1 where a pixel is known.

    Args:
        values: pixels (replicas, batch, pixels of a site, *sites), `MISSING` where missing; there the share is 0.
        brightest: the largest value of a pixel.
    """
    known = (values != MISSING).to(values)
    return torch.cat([known * values / brightest, known], dim=2)


def accept_representation(representation: Representation | None) -> Representation:
    """The given representation, binary pixels for None; raises ArgumentError for anything else."""
    if representation is not None and not isinstance(representation, Representation):
        raise ArgumentError(f"representation: {arrays.short(representation)}; accepted: a Representation")
    return representation or Representation()
