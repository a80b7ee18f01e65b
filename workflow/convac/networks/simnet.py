"""SimNets over a pooling tree: similarities, MEX over channels, sums over windows.

MEX_β{c_i} = (1/β)·ln((1/n) Σ_i exp(β c_i)) is the maximum at β = ∞, the mean at 0, the minimum at −∞. At β = 1 the
network is a ConvAC with positive weights exp(b) in log space, less ln n a channel sum: the same for all classes, so
that the posteriors are the ConvAC's. What is common to the channels of a position is common to the classes, too: a
network is evaluated up to it.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from convac import arrays
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.networks.arguments import accept, checked_seeds
from convac.networks.base import finite
from convac.networks.initialisation import draws, normals, seed_words
from convac.networks.products import SPREAD
from convac.networks.split import Splittable
from convac.specs.networks.simnet import ANNEALED, FINITE, LIMITS, SimNetSpec, is_beta

SIMILARITIES = {"linear": 0, "l1": 1, "l2": 2}  # the power of the distance; none
FIRST, WEIGHTS = "level_1", "level_1_weights"
# of |β|: below, exponentials are too close to 1 for a sum of them; above, for a sum of products of separate ones,
# whose largest terms may lie in different channels
GENTLE, STEEP = 2**-5, 4
FIRST_BETA = 1.0  # where annealing begins: an arithmetic circuit's sums, through which every channel learns


def mex(values: Tensor, offsets: Tensor, beta: float) -> Tensor:
    """MEX over channels of values plus offsets.

    Args:
        values: (…, positions, in).
        offsets: (…, out, in).
        beta: 0, a magnitude in `convac.specs.networks.simnet.RANGE`, or ±∞.

    Returns:
        Shape (…, positions, out).

    Source: 1410.0781, section 2 (MEX); 1506.03059.

    >>> values, offsets = torch.tensor([[0.0, 3.0]]), torch.zeros(1, 2)
    >>> mex(values, offsets, math.inf), mex(values, offsets, 0)
    (tensor([[3.]]), tensor([[1.5000]]))
    """
    if math.isinf(beta):
        sums = values.unsqueeze(-2) + offsets.unsqueeze(-3)
        return sums.amax(-1) if beta > 0 else sums.amin(-1)
    if beta == 0:
        return values.mean(-1, keepdim=True) + offsets.mean(-1).unsqueeze(-2)
    number = values.shape[-1]
    if abs(beta) > STEEP:
        sums = beta * (values.unsqueeze(-2) + offsets.unsqueeze(-3))
        return (sums.logsumexp(-1) - math.log(number)) / beta
    scaled, added = beta * values, beta * offsets
    high, top = (part.detach().amax(-1, keepdim=True) for part in (scaled, added))
    lower, under = scaled - high, added - top
    if abs(beta) < GENTLE:
        # how far the mean is from 1, where its own logarithm would be lost
        first, second = lower.expm1(), under.expm1()
        mean = (first.mean(-1, keepdim=True) + second.mean(-1).unsqueeze(-2) + first @ second.mT / number).log1p()
    else:
        # a sum that floats lose altogether becomes −∞, which training and engines refuse
        mean = (lower.exp() @ under.exp().mT).log() - math.log(number)
    return (mean + high + top.mT) / beta


def annealed_beta(target: float, share: float, done: float) -> float:
    """β of a network that is annealed: 1/β goes evenly from 1 to 1/target in the first `share` of its training.

    Args:
        target: positive, or ∞.
        share: in [0, 1); 0 for none.
        done: share of the training's steps, in [0, 1].

    >>> [annealed_beta(math.inf, 0.5, done) for done in (0, 0.25, 0.5, 1)]
    [1.0, 2.0, inf, inf]
    """
    if done >= share:
        return target
    return 1 / (1 / FIRST_BETA + (1 / target - 1 / FIRST_BETA) * done / share)


def centred(values: Tensor) -> Tensor:
    """Values (…, channels) less the largest of each position, without gradient: it is common to the classes."""
    return values - values.detach().amax(-1, keepdim=True)


class SimNet(Splittable):
    """A SimNet over a pooling tree, weights shared over positions.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M, the dimension of a site's representation x.
        widths: channels after each level.
        classes: number of classes.
        beta: of every MEX; ±∞ for maxima and minima.
        annealed: share of its training in which `advance` leads β from 1 to `beta`, which is positive then; 0: none.
            A maximum sends all gradient through one channel: where the classes read the same one at the start, both
            learn nothing. At β = 1 all channels learn, and at the end each has a use of its own.
        similarity: of a site to a channel's template z with weights u: `linear` (Σ z x), `l1` (−Σ |u|·|x − z|) or `l2`
            (−Σ |u|·(x − z)²).
        seed: an integer, or one per replica; replicas lie along the leading axis of every parameter. Templates of
            `linear` and offsets start from U(−1, 1), as the logarithms of a ConvAC's positive weights; other templates
            normal around 1/2, their weights at 1.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Attributes:
        beta: of every MEX as it stands: that asked for, but while a network is annealed.

    Source: 1410.0781 (SimNets: similarity, MEX, offsets); 1506.03059 (β = 1 is the arithmetic circuit);
    annealing is ours.

    >>> import numpy as np
    >>> network = SimNet(PoolingTree.named("square", (4, 4)), 2, (3, 3), beta=math.inf)
    >>> network(network.encode(np.zeros((5, 4, 4), dtype=int))).shape
    torch.Size([1, 5, 2])
    """

    def __init__(
        self,
        tree: PoolingTree,
        local_dimension: int,
        widths: Sequence[int],
        classes: int = 2,
        *,
        beta: float = 1.0,
        annealed: float = 0.0,
        similarity: str = "linear",
        seed: int | Sequence[int] = 0,
    ) -> None:
        seeds = checked_seeds(seed)
        lowest = isinstance(beta, float | np.floating) and beta == -math.inf
        self.beta = -math.inf if lowest else arrays.number(beta, "beta", infinite=True)
        if not is_beta(self.beta):
            raise ArgumentError(f"beta: got {beta}; accepted: inf, -inf, {FINITE}")
        self.target, self.annealed = self.beta, arrays.number(annealed, "annealed", least=0, most=1)
        if self.annealed and (self.annealed == 1 or self.beta <= 0):
            raise ArgumentError(f"annealed: {annealed:g}, beta: {beta:g}; accepted: {ANNEALED}")
        self.similarity = accept("similarity", similarity, tuple(SIMILARITIES))
        super().__init__(tree, local_dimension, widths, classes, seeds=seeds, sharing="shared", distinct=False)
        shapes = [*self.shapes(), (self.classes, self.widths[-1])]
        for word, name, shape in zip(seed_words(tree.levels), self.names, shapes, strict=True):
            if name == FIRST and self.similarity != "linear":
                initial = normals(seeds, word, shape, 0.5) + 0.5
                self.register_parameter(WEIGHTS, nn.Parameter(torch.ones(initial.shape)))
            else:
                initial = draws(seeds, word, shape, -SPREAD, SPREAD)
            self.register_parameter(name, nn.Parameter(initial))

    @property
    def names(self) -> list[str]:
        """Templates of the sites, then offsets of each MEX from the second level up."""
        return [*(f"level_{level}" for level in range(1, self.tree.levels + 1)), "output"]

    def advance(self, done: float) -> None:
        """Take the β that belongs to a share of the training's steps."""
        self.beta = annealed_beta(self.target, self.annealed, done)

    def similarities(self, sites: Tensor) -> Tensor:
        """Similarity of sites (1 or replicas, sites, M) to the templates: (replicas, sites, channels)."""
        templates, power = self.get_parameter(FIRST), SIMILARITIES[self.similarity]
        if power == 0:
            return sites @ templates.mT
        weights = self.get_parameter(WEIGHTS).abs()
        distance = (sites.unsqueeze(-2) - templates.unsqueeze(-3)).abs() ** power
        return -(weights.unsqueeze(-3) * distance).sum(-1)

    def propagate(self, inputs: Tensor, centre: Callable[[Tensor], Tensor] = centred) -> Iterator[Tensor]:
        """Sums of every level, less the largest over channels.

        Args:
            inputs: from `prepare`.
            centre: takes off what is common to the classes.

        Yields:
            (replicas, positions·batch, channels); a tabulated level has (replicas, symbols, channels) instead.
        """
        levels = list(zip(self.names, self.tree.windows, self.tree.positions, strict=False))
        kind = self.get_parameter("output").dtype
        if inputs.ndim == 4:
            values = self.similarities(inputs.flatten(2).mT)
        else:
            values = self.similarities(torch.eye(self.local_dimension, dtype=kind, device=inputs.device).unsqueeze(0))
            for (name, _, _), counts in zip(levels[1:], self.tables(), strict=False):
                values = centre(counts.to(kind) @ values)
                yield values
                values = mex(values, self.get_parameter(name), self.beta)
            values = centre(inputs @ values)
            yield values
            levels = levels[len(self.tables()) + 1 :]
        for name, window, positions in levels:
            if name != FIRST:
                values = mex(values, self.get_parameter(name), self.beta)
            values = torch.unflatten(values, 1, (positions // window, window, -1)).sum(2).flatten(1, 2)
            values = centre(values)
            yield values

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs, up to what is common to the classes."""
        return self._readout(inputs, centred)

    def scores(self, inputs: Tensor) -> Tensor:
        """Logits with what is common to the classes."""
        return self._readout(inputs, Tensor.clone)

    def _readout(self, inputs: Tensor, centre: Callable[[Tensor], Tensor]) -> Tensor:
        for last in self.propagate(inputs, centre):
            values = last
        return mex(values, self.get_parameter("output"), self.beta)

    def level_weight(self, level: int, replica: int) -> Tensor:
        """Templates or offsets (out, in) of a level, from 0 up."""
        return self.get_parameter(self.names[level])[replica]

    def mapped(self, values: Tensor, weight: Tensor, level: int, replica: int) -> Tensor:
        """Similarities of sites (…, M), or MEX of values (…, in)."""
        if level:
            return mex(values.flatten(0, -2), weight, self.beta).view(*values.shape[:-1], -1)
        return self.similarities(values.flatten(0, -2).unsqueeze(0))[replica].view(*values.shape[:-1], -1)

    def factors(self, mapped: Tensor, level: int, replica: int) -> Tensor:
        """What is summed over windows, as it is."""
        return mapped

    def from_pooled(self, pooled: Tensor, window: int) -> Tensor:
        """Sums, less the largest over channels."""
        return centred(pooled)

    def top_logits(self, values: Tensor, replica: int) -> Tensor:
        """Logits (…, classes) of the values (…, channels) after the last level."""
        return self.mapped(values, self.get_parameter("output")[replica], self.tree.levels, replica)

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its weights and values are finite in each replica."""
        found = []
        for name, last in zip(self.names, self.propagate(inputs), strict=False):
            values = last
            found.append((name, finite(self.get_parameter(name)) & finite(values)))
        logits = mex(values, self.get_parameter("output"), self.beta)
        return [*found, ("output", finite(self.get_parameter("output")) & finite(logits))]


def build(spec: SimNetSpec, seeds: Sequence[int]) -> SimNet:
    """The SimNet of a spec, one replica per seed."""
    beta = LIMITS.get(spec.beta, spec.beta) if isinstance(spec.beta, str) else spec.beta
    return SimNet(
        spec.tree,
        spec.local_dimension,
        spec.widths,
        spec.classes,
        beta=float(beta),
        annealed=spec.annealed,
        similarity=spec.similarity,
        seed=tuple(seeds),
    )
