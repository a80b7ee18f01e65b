"""Dilated networks: convolutions with windows of two over one tree, or over two trees that exchange channels.

Layer l of a tree makes, of the steps t − d and t that its dilation d joins, g(W h[t − d], W' h[t]) for each output
channel, with g(a, b) = a·b (`product`: an arithmetic circuit) or max{a + b, 0} (`rectifier`). Only what reaches the
last step is computed: a binary tree over the sequence. With two trees, the baseline `plain` and its companion
`swapped` (`convac.geometry.dilations`), the output is the sum of theirs; after the layers `mixed`, at which both have
the same nodes, they exchange the first half of their channels at every node.

Activations of a tree have the axes (replicas, channels, nodes, batch), nodes in the order of the steps.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from convac import arrays
from convac.circuits.tree import Circuit
from convac.errors import ArgumentError
from convac.geometry.dilations import dilated_tree, joined_bits, levels_of
from convac.networks.arguments import accept, checked_replica, checked_seeds, checked_widths
from convac.networks.base import Network, PixelFunction, finite
from convac.networks.initialisation import draws, normals, seed_words
from convac.networks.inputs import Images, whole_images
from convac.networks.maps import as_circuit
from convac.networks.products import SPREAD, dark_response, passing_on
from convac.specs.networks.dilated import DilatedSpec, mixing_fault

OPERATORS = ("product", "rectifier")
TREES = {"plain": ("plain",), "swapped": ("swapped",), "both": ("plain", "swapped")}
WORDS = {"plain": "", "swapped": "swapped_"}  # before the words of streams: seeds, not names


class State(NamedTuple):
    """What a layer of one tree gives.

    Attributes:
        values: (replicas, channels, nodes, batch); of products at most 1 in magnitude.
        log: ln of their scale, (replicas, 1, nodes, batch), without gradient; of rectifiers 0, (1, 1, 1, 1).
    """

    values: Tensor
    log: Tensor


class DilatedNetwork(Network):
    """A dilated network over a sequence of 2^L steps, weights shared over the nodes of a layer.

    Args:
        steps: N = 2^L.
        widths: channels after each layer.
        local_dimension: M, the number of symbols.
        classes: number of classes.
        operator: `product` (every weight is exp(b); logits ln h_y) or `rectifier` (with biases; logits h_y).
        trees: `plain`, `swapped` or `both`.
        group: k, layers within which the second tree swaps dilations; it divides L.
        mixed: layers after which two trees exchange the first half of their channels.
        seed: an integer, or one per replica. Weights of products start `diagonal`, see `ConvAC`; those of rectifiers
            normal with variance 2 / inputs, biases at 0.

    Raises:
        ArgumentError: an argument is outside what is accepted.

    Source: 1703.06846, Sections 3 to 5 (mixed decompositions; the operators g).

    >>> network = DilatedNetwork(4, (2, 2), local_dimension=3, group=2)
    >>> network(network.encode(np.zeros((5, 4), dtype=int))).shape
    torch.Size([1, 5, 2])
    """

    def __init__(
        self,
        steps: int,
        widths: Sequence[int],
        local_dimension: int = 2,
        classes: int = 2,
        *,
        operator: str = "product",
        trees: str = "both",
        group: int = 2,
        mixed: Sequence[int] = (),
        seed: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        self.seeds = checked_seeds(seed)
        self.classes = arrays.integer(classes, "classes", least=1, most=arrays.WIDEST)
        self.local_dimension = arrays.integer(local_dimension, "local_dimension", least=1, most=arrays.WIDEST)
        self.operator = accept("operator", operator, OPERATORS)
        kind = accept("trees", trees, tuple(TREES))
        self.trees = TREES[kind]
        self.steps, self.group = steps, arrays.integer(group, "group", least=1)
        self.widths = checked_widths(dilated_tree(steps, self.group), widths)
        self.mixed = arrays.integers(mixed, "mixed")
        if fault := mixing_fault(steps, self.group, kind, self.mixed, self.widths):
            raise ArgumentError(fault)
        joined = {"plain": joined_bits(levels_of(steps)), "swapped": joined_bits(levels_of(steps), self.group)}
        self._joined = [joined[tree] for tree in self.trees]
        channels = (self.local_dimension, *self.widths)
        for tree in self.trees:
            for level, word in enumerate(seed_words(len(self.widths))):
                name, into = f"{tree}_{word}", channels[level]
                shape = (self.classes, into) if word == "output" else (2, channels[level + 1], into)
                self.register_parameter(name, nn.Parameter(self._initial(f"{WORDS[tree]}{word}", shape)))
                if self.operator == "rectifier" and word != "output":
                    self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(len(self.seeds), shape[1], 1, 1)))
        if self.operator == "rectifier":
            self.register_parameter("bias", nn.Parameter(torch.zeros(len(self.seeds), 1, self.classes)))

    def _initial(self, word: str, shape: tuple[int, ...]) -> Tensor:
        """Initial weights of a layer or, of two axes, of the output."""
        if self.operator == "rectifier":
            gain = 1 / shape[-1] if len(shape) == 2 else 2 / (2 * shape[-1])
            return normals(self.seeds, word, shape, gain**0.5)
        logs = draws(self.seeds, word, shape, -SPREAD, SPREAD)
        return dark_response(logs, None) if word.endswith("level_1") else passing_on(logs)

    def weight(self, name: str) -> Tensor:
        """The weight that a parameter stands for: its exponential where values multiply, or itself."""
        parameter = self.get_parameter(name)
        return parameter.exp() if self.operator == "product" else parameter

    @property
    def reader(self) -> tuple[Hashable, ...]:
        """The steps and their symbols."""
        return ("sequence", self.steps, self.local_dimension)

    def shape_of(self, floating: bool) -> tuple[int, ...]:
        """Symbols, integers, one for each step."""
        return (self.steps,)

    @property
    def pixel_values(self) -> list[int]:
        """The symbols."""
        return list(range(self.local_dimension))

    def encoded(self, images: Images) -> Tensor:
        """Sequences (n, N) of symbols 0..M-1 as they are; raises ArgumentError where they don't fit."""
        whole = whole_images(images, (self.steps,), 0, self.local_dimension - 1)
        return torch.from_numpy(whole.astype(np.min_scalar_type(self.local_dimension - 1)))

    def prepared(self, rows: Tensor) -> Tensor:
        """One-hot symbols (1 or replicas, M, N, batch)."""
        symbols = torch.nn.functional.one_hot(rows.transpose(1, 2).long(), self.local_dimension)
        return symbols.movedim(3, 1).to(next(self.parameters()).dtype)

    def propagate(self, inputs: Tensor) -> Iterator[list[State]]:
        """The state of every tree after each layer, exchanges done.

        Args:
            inputs: from `prepare`.
        """
        states = [State(inputs, inputs.new_zeros(1, 1, self.steps, 1))] * len(self.trees)
        for level in range(1, len(self.widths) + 1):
            layers = zip(self.trees, states, self._joined, strict=True)
            states = [self._layer(f"{tree}_level_{level}", state, bits[level - 1]) for tree, state, bits in layers]
            if level in self.mixed:
                states = exchanged(states[0], states[1], self.widths[level - 1] // 2)
            yield states

    def _layer(self, name: str, state: State, bit: int) -> State:
        """One layer of one tree, which joins nodes whose numbers differ in a binary digit."""
        values = windows(state.values, bit)
        mapped = torch.unflatten(self.weight(name) @ values.flatten(3), 3, values.shape[3:])
        if self.operator == "product":
            return rescaled(mapped[:, 0] * mapped[:, 1], windows(state.log, bit).sum(1))
        return State((mapped[:, 0] + mapped[:, 1] + self.get_parameter(f"{name}_bias")).relu(), state.log[:, :, :1])

    def logits(self, inputs: Tensor) -> Tensor:
        """Logits (replicas, batch, classes) of prepared inputs."""
        for last in self.propagate(inputs):
            states = last
        return self._readout(states)

    def scores(self, inputs: Tensor) -> Tensor:
        """Logits, of products with their scale: ln h_y itself."""
        for last in self.propagate(inputs):
            states = last
        return self._readout(states) + alike(states)[0].log.flatten(2).mT

    def _readout(self, states: list[State]) -> Tensor:
        """Logits of the sum of the trees' outputs; of products up to a scale that is common to the classes."""
        outputs = zip(self.trees, alike(states), strict=True)
        found = sum(self.weight(f"{tree}_output") @ state.values.flatten(2) for tree, state in outputs)
        amplitudes = torch.as_tensor(found).mT
        if self.operator == "rectifier":
            return amplitudes + self.get_parameter("bias")
        return amplitudes.log()

    @torch.no_grad()
    def evaluate(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and, of products, the largest |ln scale| of any tree per layer (replicas, L); of rectifiers none."""
        scales = []
        for last in self.propagate(inputs):
            states = last
            largest = torch.stack([state.log.abs().flatten(1).amax(1).expand(len(self.seeds)) for state in states])
            scales.append(largest.amax(0))
        logits = self._readout(states)
        return logits, torch.stack(scales, dim=1) if self.operator == "product" else logits.new_empty(len(logits), 0)

    @torch.no_grad()
    def diagnose(self, inputs: Tensor) -> list[tuple[str, Tensor]]:
        """Name of every layer, in order, with whether its weights and values are finite in each replica."""
        found = []
        for level, last in enumerate(self.propagate(inputs), start=1):
            states = last
            for tree, state in zip(self.trees, states, strict=True):
                name = f"{tree}_level_{level}"
                found.append((name, finite(self.weight(name)) & finite(state.values + state.log)))
        whole = finite(self._readout(states))
        for tree in self.trees:
            whole = whole & finite(self.weight(f"{tree}_output"))
        return [*found, ("output", whole)]

    def source(self, replica: int = 0) -> Circuit | PixelFunction:
        """What engines measure: the circuit of one tree of products, else the function of the symbols."""
        single = self.operator == "product" and len(self.trees) == 1
        return self.circuit(replica) if single else super().source(replica)

    def circuit(self, replica: int = 0) -> Circuit:
        """One replica of a single tree of products as data for the engines; raises ArgumentError for anything else."""
        if self.operator != "product" or len(self.trees) > 1:
            return super().circuit(replica)
        number, tree = checked_replica(replica, self.seeds), self.trees[0]
        found = [self.weight(f"{tree}_{word}")[number] for word in seed_words(len(self.widths))]
        *weights, output = [weight.detach().cpu().double().numpy() for weight in found]
        return as_circuit(dilated_tree(self.steps, self.group if tree == "swapped" else 1), weights, output, "windowed")


def windows(values: Tensor, bit: int) -> Tensor:
    """Pairs of nodes whose numbers differ in a digit: (…, nodes, batch) as (replicas, 2, …, nodes / 2, batch)."""
    parts = torch.unflatten(values, 2, (-1, 2, 2**bit))
    return parts.movedim(3, 1).flatten(3, 4)


def rescaled(values: Tensor, log: Tensor) -> State:
    """Values divided by their largest magnitude over channels, whose logarithm is added to that of the scale.

    Two factors that are sums of few numbers of at most 1 stay in the range of floats; layer after layer they would not.
    """
    peak = values.detach().amax(1, keepdim=True)
    return State(values / peak, log + peak.log())


def alike(states: list[State]) -> list[State]:
    """The same states on a scale that is common to the trees."""
    if len(states) == 1:
        return states
    log = torch.maximum(states[0].log, states[1].log)
    return [State(state.values * (state.log - log).exp(), log) for state in states]


def exchanged(plain: State, swapped: State, half: int) -> list[State]:
    """Both trees' states with the first `half` channels of each in the place of the other's."""
    (first, log), (second, _) = alike([plain, swapped])
    return [
        State(torch.cat([second[:, :half], first[:, half:]], dim=1), log),
        State(torch.cat([first[:, :half], second[:, half:]], dim=1), log),
    ]


def build(spec: DilatedSpec, seeds: Sequence[int]) -> DilatedNetwork:
    """The dilated network of a spec, one replica per seed."""
    return DilatedNetwork(
        spec.sites[0],
        spec.widths,
        spec.local_dimension,
        spec.classes,
        operator=spec.operator,
        trees=spec.trees,
        group=spec.group,
        mixed=spec.mixed,
        seed=tuple(seeds),
    )
