"""Adam as torch's own fused update, without its optimizer class: that loads a compiler, two seconds of every job."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam

EPSILON = 1e-8
MOMENTS = ("exp_avg", "exp_avg_sq")
# Numbers that a processor's vector holds, at most. What is left over at the end of an array is rounded in another way.
VECTOR = 16


class Adam:
    """Adam (1412.6980) with L2 decay in the gradient; the numbers are those of `torch.optim.Adam(fused=True)`.

    All parameters are updated at once, each replica's in whole vectors, so that its numbers are the same bit for bit
    alone and among others.

    Args:
        parameters: to update, float32, replicas along the leading axis.
        betas: decay of both moments.
        weight_decay: factor of the parameter that is added to its gradient, as in the papers.

    Attributes:
        moments: by name, of all parameters side by side, (replicas, numbers); empty before the first step.
        steps: how many were made.
    """

    def __init__(self, parameters: Iterable[Tensor], betas: tuple[float, float], weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.betas = betas
        self.weight_decay = weight_decay
        self.moments: dict[str, Tensor] = {}
        self.steps = 0
        first = self.parameters[0]
        self._sizes = [parameter[0].numel() for parameter in self.parameters]
        self._rest = first.new_zeros(len(first), -sum(self._sizes) % VECTOR, requires_grad=False)

    def zero_grad(self) -> None:
        """Drop every gradient."""
        for parameter in self.parameters:
            parameter.grad = None

    def restore(self, steps: int, moments: Mapping[str, Sequence[Tensor]]) -> None:
        """Go on after some steps, from the moments of every parameter."""
        self.steps = steps
        self.moments = {name: self._together(parts) for name, parts in moments.items()}

    def parts(self, together: Tensor) -> list[Tensor]:
        """What belongs to each parameter of such a tensor as `moments` has, in its shape, as views."""
        parts = torch.split(together, [*self._sizes, self._rest.shape[1]], 1)
        return [part.view(each.shape) for part, each in zip(parts, self.parameters, strict=False)]

    def _together(self, parts: Sequence[Tensor]) -> Tensor:
        """One tensor per parameter, of its shape, side by side; a multiple of whole vectors for each replica."""
        return torch.cat([*(part.flatten(1) for part in parts), self._rest], 1)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One update of every parameter; those without a gradient have one of zeros."""
        values = self._together(self.parameters)
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in self.parameters]
        if not self.moments:
            self.moments = {name: torch.zeros_like(values) for name in MOMENTS}
        adam(
            [values],
            [self._together(gradients)],
            [self.moments["exp_avg"]],
            [self.moments["exp_avg_sq"]],
            [],
            [torch.tensor(float(self.steps), device=values.device)],
            fused=True,
            amsgrad=False,
            beta1=self.betas[0],
            beta2=self.betas[1],
            lr=rate,
            weight_decay=self.weight_decay,
            eps=EPSILON,
            maximize=False,
        )
        self.steps += 1
        torch._foreach_copy_(self.parameters, self.parts(values))
