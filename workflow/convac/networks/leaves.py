"""Leaves of a tensorial mixture model: what a site holds, given which component it drew.

Both kinds are exponential families: ln P(x | d) = η_d · T(x), with K coefficients η per component and K statistics T
per site. A missing pixel has statistics 0, so that it enters no component: exactly its marginal, ln 1.

Source: 1610.04167 (mixing components).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from convac.networks.initialisation import draws

KINDS = ("gaussian", "categorical")
# Before training: standard deviation of a Gaussian's pixels, in shares of the brightest; spread of categorical logits.
START, SPREAD = 0.3, 1.0


class Leaves(ABC):
    """Distributions of a site's P pixels, one per component; parameters have replicas and components leading.

    Attributes:
        pixels: P.
        brightest: the largest value of a pixel.
    """

    pixels: int
    brightest: int

    @abstractmethod
    def initial(self, seeds: Sequence[int], components: int) -> dict[str, Tensor]:
        """Parameters by name before training, (replicas, components, …); replica k depends on `seeds[k]` alone."""

    @abstractmethod
    def statistics(self, values: Tensor) -> Tensor:
        """T (…, K, sites, batch) of pixels (…, P, sites, batch) from 0 to `brightest`, or `MISSING`."""

    @abstractmethod
    def coefficients(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """η (replicas, components, K)."""

    @abstractmethod
    def means(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Expected pixels of every component (replicas, components, P), in the unit of the images."""

    @abstractmethod
    def sample(
        self, parameters: Mapping[str, Tensor], components: np.ndarray, generator: np.random.Generator
    ) -> np.ndarray:
        """Pixels (…, P) of sites whose components (…) are given, from the parameters of a single replica."""


class Gaussian(Leaves):
    """Independent normal pixels: `mean` and variance `least` + exp(`variance`), in shares of the brightest value."""

    def __init__(self, pixels: int, brightest: int, least: float) -> None:
        self.pixels, self.brightest, self.least = pixels, brightest, least

    def initial(self, seeds: Sequence[int], components: int) -> dict[str, Tensor]:
        """Means from U(0, 1), one variance for all."""
        shape = (components, self.pixels)
        variance = torch.full((len(seeds), *shape), math.log(START**2))
        return {"mean": draws(seeds, "mean", shape, 0, 1), "variance": variance}

    def variances(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Variances (replicas, components, P), each above `least`."""
        return self.least + parameters["variance"].exp()

    def statistics(self, values: Tensor) -> Tensor:
        """Squares, values and ones of the pixels that are known: K = 3 P."""
        known = (values >= 0).to(values.dtype)
        shares = known * values / self.brightest
        return torch.cat([shares.square(), shares, known], dim=-3)

    def coefficients(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """The three terms of a normal density's logarithm."""
        mean, variance = parameters["mean"], self.variances(parameters)
        constant = -0.5 * (mean.square() / variance + (2 * math.pi * variance).log())
        return torch.cat([-0.5 / variance, mean / variance, constant], dim=-1)

    def means(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """The means."""
        return parameters["mean"] * self.brightest

    def sample(
        self, parameters: Mapping[str, Tensor], components: np.ndarray, generator: np.random.Generator
    ) -> np.ndarray:
        """Normal pixels, which may lie outside 0 to `brightest`."""
        mean = parameters["mean"][0].double().numpy()[components]
        deviation = self.variances(parameters)[0].double().sqrt().numpy()[components]
        return np.asarray(generator.normal(mean, deviation) * self.brightest)


class Categorical(Leaves):
    """Any distribution of a single pixel over its values 0 to `brightest`: softmax of `categories`."""

    def __init__(self, brightest: int) -> None:
        self.pixels, self.brightest = 1, brightest

    def initial(self, seeds: Sequence[int], components: int) -> dict[str, Tensor]:
        """Logits from U(−1, 1)."""
        return {"categories": draws(seeds, "categories", (components, self.brightest + 1), -SPREAD, SPREAD)}

    def statistics(self, values: Tensor) -> Tensor:
        """One-hot values, all 0 where missing: K = `brightest` + 1."""
        every = torch.arange(self.brightest + 1, device=values.device)
        return (values == every.view(-1, 1, 1)).to(values.dtype)

    def coefficients(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Logarithms of the values' probabilities."""
        return parameters["categories"].log_softmax(-1)

    def means(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Expected values."""
        every = torch.arange(self.brightest + 1).to(parameters["categories"])
        return parameters["categories"].softmax(-1) @ every[:, None]

    def sample(
        self, parameters: Mapping[str, Tensor], components: np.ndarray, generator: np.random.Generator
    ) -> np.ndarray:
        """Values drawn from the components' distributions, integers."""
        shares = parameters["categories"][0].double().softmax(-1).numpy()[components]
        return drawn(shares, generator)[..., None]


def drawn(shares: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Numbers drawn from the distributions (…, n), by inversion: integers (…) in 0..n-1."""
    sums = shares.cumsum(axis=-1)
    return np.asarray((generator.random((*shares.shape[:-1], 1)) * sums[..., -1:] >= sums).sum(axis=-1))
