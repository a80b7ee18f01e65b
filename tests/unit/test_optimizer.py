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
    start = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
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


def test_no_compiler_is_loaded():
    program = (
        f"import sys; sys.path.insert(0, {str(LIBRARY)!r})\n"
        "import torch; from convac.training.optimizer import Adam\n"
        "p = torch.nn.Parameter(torch.ones(3)); o = Adam([p], (0.9, 0.999), 0.0); p.sum().backward(); o.step(0.1)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
