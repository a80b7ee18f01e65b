"""Where a run stopped being finite: layer, seed and step, found by replaying the steps since the last check."""

from collections.abc import Callable

import torch
from torch import Tensor

from convac.errors import NonFiniteError
from convac.networks.base import Network, finite
from convac.training.optimizer import Adam


class Snapshot:
    """Parameters and optimizer state before a step."""

    def __init__(self, network: Network, optimizer: Adam, step: int) -> None:
        self.step = step
        self._parameters = [parameter.detach().clone() for parameter in network.parameters()]
        self._steps = optimizer.steps
        self._moments = {name: moment.clone() for name, moment in optimizer.moments.items()}

    @torch.no_grad()
    def restore(self, network: Network, optimizer: Adam) -> None:
        """Put the network and its optimizer back to where they were."""
        for parameter, kept in zip(network.parameters(), self._parameters, strict=True):
            parameter.copy_(kept)
        optimizer.steps, optimizer.moments = self._steps, self._moments


def all_finite(network: Network) -> bool:
    """Whether every parameter of every replica is finite."""
    return all(bool(parameter.isfinite().all()) for parameter in network.parameters())


def fail(whole: Tensor, layer: str, what: str, seeds: tuple[int, ...], step: int) -> None:
    """Raise NonFiniteError for the first replica that isn't `whole` (replicas,)."""
    broken = (~whole).nonzero().flatten().tolist()
    if broken:
        raise NonFiniteError(
            f"training: {what} of layer {layer} isn't finite for seed {seeds[broken[0]]} at step {step}; "
            f"accepted: finite values (lower training.lr or set training.clip)"
        )


def replay(
    network: Network,
    optimizer: Adam,
    snapshot: Snapshot,
    *,
    last: int,
    inputs: Callable[[int], Tensor],
    update: Callable[[int], object],
) -> None:
    """Repeat the steps from a snapshot to `last`, checking everything; raise NonFiniteError at the first fault.

    Args:
        network: as it stood after the steps.
        optimizer: as it stood after the steps.
        snapshot: from before them.
        last: the last step that was made; steps count from 1.
        inputs: prepared inputs of a step.
        update: makes a step, leaving its gradients in place.
    """
    snapshot.restore(network, optimizer)
    for step in range(snapshot.step + 1, last + 1):
        for layer, whole in network.diagnose(inputs(step)):
            fail(whole, layer, "the output", network.seeds, step)
        update(step)
        for name, parameter in network.named_parameters():
            if parameter.grad is not None:
                fail(finite(parameter.grad), name, "the gradient", network.seeds, step)
        for name, parameter in network.named_parameters():
            fail(finite(parameter), name, "the weight", network.seeds, step)
    raise NonFiniteError(
        f"training: the loss isn't finite in layer output at a step up to {last}; accepted: finite values "
        f"(lower training.lr or set training.clip)"
    )
