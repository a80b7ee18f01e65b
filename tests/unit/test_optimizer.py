"""Our Adam is torch's, bit for bit, and loads no compiler."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from convac.training.optimizer import Adam

LIBRARY = Path(__file__).parents[2] / "workflow"


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_the_numbers_are_torchs(weight_decay):
    start = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    mine = Adam([ours], (0.9, 0.99), weight_decay)
    reference = torch.optim.Adam([theirs], lr=0.0, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True)
    for step in range(1, 30):
        rate = 0.1 / step
        reference.param_groups[0]["lr"] = rate
        for parameter, optimizer in ((ours, mine), (theirs, reference)):
            optimizer.zero_grad()
            (parameter.sin() * step).sum().backward()
        mine.step(rate)
        reference.step()
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("numbers", [1, 3, 13, 26])
def test_a_replica_is_updated_alike_alone_and_among_others(numbers):
    generator = torch.Generator().manual_seed(numbers)
    start = [torch.randn(5, numbers, generator=generator), torch.randn(5, 2, 3, generator=generator)]
    chosen = [slice(0, 5), *(slice(each, each + 1) for each in range(5))]
    found = [[torch.nn.Parameter(part[rows].clone()) for part in start] for rows in chosen]
    optimizers = [Adam(parameters, (0.9, 0.99), 0.1) for parameters in found]
    for _ in range(20):
        gradients = [torch.randn(part.shape, generator=generator) for part in start]
        for rows, parameters, optimizer in zip(chosen, found, optimizers, strict=True):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient[rows].clone()
            optimizer.step(0.1)
    together, *alone = found
    for number in range(2):
        assert torch.equal(together[number], torch.cat([parameters[number] for parameters in alone]))


def test_no_compiler_is_loaded():
    program = (
        f"import sys; sys.path.insert(0, {str(LIBRARY)!r})\n"
        "import torch; from convac.training.optimizer import Adam\n"
        "p = torch.nn.Parameter(torch.ones(1, 3)); o = Adam([p], (0.9, 0.999), 0.0); p.sum().backward(); o.step(0.1)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
