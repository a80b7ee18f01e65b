"""Whatever answers with scores of classes, as one function of images: networks, torch modules, circuits, functions.

torch is imported only where a module was given, so that it is loaded already.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from convac.arrays import real, short
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.calls import called
from convac.entanglement.mincut import circuit_of
from convac.entanglement.modules import as_function, as_it_was, is_module, known
from convac.entanglement.truncation import amplitudes
from convac.errors import ArgumentError

if TYPE_CHECKING:
    import torch

# Logits (seeds, n, K), float64, of images (n, …)
Scorer = Callable[[np.ndarray], np.ndarray]

ACCEPTED = "a torch module, a function of images, or a circuit or tree"
UNKNOWN = 4096  # numbers that a function of unknown cost may hold per image


def scorer(source: Any) -> Scorer:
    """The source as a function of images that gives logits (seeds, n, K); log-odds are those of two classes.

    A torch module is called as `convac.entanglement.modules` does, a network of this library on its own kind of
    images, all of its seeds at once. Of a circuit the logits are 2 ln|h_y|, those of p(y|x) ∝ h_y² (the Born rule).

    Raises:
        ArgumentError: it is none of these.
    """
    function = function_of(source)

    def score(images: np.ndarray) -> np.ndarray:
        returned = called(function, images)
        found = real(returned, "network: what it returns")
        if found.shape in {(len(images),), (len(images), 1)}:
            odds = found.reshape(1, -1, 1)
            return np.concatenate([-odds / 2, odds / 2], axis=2)
        # of several seeds: anything else with three axes is a tuple of answers, or images
        found = found[None] if found.ndim == 2 or not is_ours(source) else found
        if found.ndim != 3 or found.shape[1] != len(images) or found.shape[2] < 2:
            raise ArgumentError(
                f"network: returns shape {list(np.shape(returned))} for {len(images)} images; "
                f"accepted: log-odds [n] or logits [n, K], K ≥ 2"
            )
        return found

    return score


def function_of(source: Any) -> Callable[[np.ndarray], Any]:
    """The source as a function of images; raises ArgumentError as `scorer`."""
    if is_ours(source):
        return replicated(source)
    if is_module(source) or (callable(source) and not callable(getattr(source, "circuit", None))):
        return as_function(source)
    if isinstance(source, TreeTensorNetwork):
        return born(lambda inputs: source.scaled_amplitudes(represented(source, inputs)))
    if isinstance(source, Circuit) or callable(getattr(source, "circuit", None)):
        circuit = circuit_of(source)
        return born(lambda inputs: amplitudes(circuit, inputs))
    raise ArgumentError(f"network: got {short(source)}; accepted: {ACCEPTED}")


def is_ours(source: Any) -> bool:
    """Whether a module is a network of this library: it encodes its images, and has a seed per replica."""
    return is_module(source) and callable(getattr(source, "encode", None)) and hasattr(source, "seeds")


def replicated(network: Any) -> Callable[[np.ndarray], Any]:
    """A network of this library as a function of raw images."""
    import torch

    device = next(iter(network.parameters())).device

    def function(images: np.ndarray) -> Any:
        with as_it_was(network, device), torch.no_grad():
            return network(torch.as_tensor(known(images), device=device))

    return function


def born(values_of: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Logits 2 ln|h_y| on images (n, *sites) of symbols, or on vectors (n, N, M), of what gives h_y (n, K)."""

    def function(images: np.ndarray) -> np.ndarray:
        vectors = images.dtype.kind == "f"
        inputs = images if vectors else images.reshape(len(images), -1)
        values = np.abs(values_of(inputs.astype(np.uint8) if inputs.dtype.kind == "b" else inputs))
        if not values.all():
            raise ArgumentError("network: an amplitude is 0, its logarithm infinite; accepted: circuits without zeros")
        return np.asarray(2 * np.log(values))

    return function


def represented(network: TreeTensorNetwork, inputs: np.ndarray) -> list[np.ndarray]:
    """Symbols (n, N) as one-hot vectors (n, M_i) of each site, vectors (n, N, M) site by site.

    Raises:
        ArgumentError: there isn't one per site, or a symbol isn't the site's.
    """
    if inputs.shape[1] != network.sites:
        raise ArgumentError(f"images: have {inputs.shape[1]} sites; accepted: as many as the tree, {network.sites}")
    if inputs.ndim == 3:
        return list(inputs.swapaxes(0, 1))
    for site, (symbols, size) in enumerate(zip(inputs.T, network.local_dimensions, strict=True)):
        if symbols.size and not 0 <= symbols.min() <= symbols.max() < size:
            raise ArgumentError(f"images: site {site} has {symbols.min()}..{symbols.max()}; accepted: 0..{size - 1}")
    return [np.eye(size)[symbols] for symbols, size in zip(inputs.T, network.local_dimensions, strict=True)]


def numbers_held(source: Any, images: np.ndarray) -> int:
    """About how many numbers the source holds per image: all outputs of a module's innermost parts, and the image.

    Two images tell: of a single one, a layer without an axis of images may take that axis for another.
    """
    if not is_module(source) or is_ours(source):
        return int(images[0].size) + UNKNOWN * len(getattr(source, "seeds", [0]))
    counts: list[int] = []

    def count(part: "torch.nn.Module", inputs: Any, output: Any) -> None:
        counts.append(math.prod(getattr(output, "shape", ())))

    leaves = [part for part in source.modules() if not any(True for _ in part.children())]
    hooks = [part.register_forward_hook(count) for part in leaves]
    try:
        scorer(source)(images[:2])
    finally:
        for hook in hooks:
            hook.remove()
    return int(images[0].size) + sum(counts) // 2
