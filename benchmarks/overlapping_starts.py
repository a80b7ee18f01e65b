"""Of how many seeds overlapping ConvACs learn: as they started and moved before, and as they do now.

    python benchmarks/overlapping_starts.py --kernel 5 --seeds 50 --steps 800

Digits that fill a canvas of 16×16 pixels, sites of 2×2 pixels, so that windows hold up to K² factors; signed weights,
about as many parameters for every kernel. *Before*, a step of Adam moved the weights of all levels alike, though those
of level 1 count once for every site, and level 1 started as thin as if no window reached beyond the image. With *units*
it says as much at every level. *After*, Adam's second moment also looks back over ten steps in place of a thousand
(0.9 for 0.999, as in 1605.06743): a gradient that grows at once is no longer divided by what it was before. Images are
of a draw, and networks of seeds, that no experiment uses. A network has learnt whose test accuracy is 0.5 or more, five
times chance.

Of 50 seeds at K = 5 learnt in 800 steps: before 0 (rate 0.0008; 0.30 to 0.49) and 5 (0.003), with units 25 (0.03) and 7
(0.06), after 48 (0.02; 0.47 to 0.77). At K = 3, after: 50 (0.02; 0.75 to 0.92).
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from convac.datasets.digits import generate
from convac.errors import NonFiniteError
from convac.networks import overlapping
from convac.networks.initialisation import draws
from convac.networks.products import SPREAD, dark_response
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.network import Pixels
from convac.specs.networks.overlapping import OverlappingSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.specs.widths import matched
from convac.training.loop import Arrays, train

DATA, FIRST_SEED = DigitsSpec(source="digits", seed=100, size=16, canvas=16, train=6000, test=400), 1000
PARAMETERS, SITES, BATCH, LEARNT = 1800, (8, 8), 16, 0.5
AFTER = overlapping.OverlappingConvAC


class Before(AFTER):
    """Weights are their parameters, and level 1 starts as thin as if no window reached beyond the image."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        first = self.get_parameter("level_1")
        logs = draws(self.seeds, "level_1", first.shape[1:], -SPREAD, SPREAD)
        thinned = dark_response(logs * (2 / self.kernel) ** (2 * len(self.widths)), self.representation.pixels)
        self.register_parameter("level_1", nn.Parameter(thinned.exp()))
        for name in self.names[1:]:
            self.register_parameter(name, nn.Parameter(self.get_parameter(name).detach() * super().unit(name)))

    def unit(self, name: str) -> float:
        """Every parameter is its weight, once all have their values."""
        return 1.0 if len(list(self.parameters())) > len(self.widths) else super().unit(name)


def run_spec(kernel: int, rate: float, memory: float, steps: int, seeds: int) -> RunSpec:
    """Networks of one kernel, all seeds, at one rate; `memory` is the decay of Adam's second moment."""
    start = OverlappingSpec(
        geometry="square",
        sites=SITES,
        widths=(1,) * (SITES[0].bit_length() - 1),
        classes=10,
        local_dimension=8,
        kernel=kernel,
        weights="signed",
        representation=Pixels(kind="affine", patch=2, brightest=255),
    )
    training = TrainingSpec.model_validate(
        {
            "steps": steps,
            "batch": BATCH,
            "lr": rate,
            "betas": (0.9, memory),
            "clip": 1.0,
            "warm_up": 0.05,
            "log_every": steps,
            "seeds": tuple(range(FIRST_SEED, FIRST_SEED + seeds)),
        }
    )
    return RunSpec(dataset=DATA, network=matched(start, "uniform", PARAMETERS, 0.05), training=training)


def reached(spec: RunSpec, arrays: Arrays, bar: float) -> str:
    """How many have learnt, at a test accuracy of `bar` or more, the quartiles of all, and CPU seconds."""
    started = time.process_time()
    try:
        history = train(spec, arrays, device="cpu").history
    except NonFiniteError as error:
        return str(error)
    last = history[(history["step"] == spec.training.steps) & (history["quantity"] == "test_accuracy")]["value"]
    quartiles = " ".join(f"{value:.2f}" for value in np.quantile(last, [0, 0.25, 0.5, 0.75, 1]))
    share = f"{(last >= bar).sum()} of {len(last)} learn"
    return f"{share}, test accuracy {quartiles} (quartiles), {time.process_time() - started:.0f} s"


def main() -> None:
    """A line per start and rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--before", type=float, nargs="*", default=[0.0008, 0.003], help="rates")
    parser.add_argument("--units", type=float, nargs="*", default=[0.03, 0.06], help="rates")
    parser.add_argument("--after", type=float, nargs="*", default=[0.02, 0.03], help="rates")
    options = parser.parse_args()
    arrays = generate(**DATA.arguments)
    for start, network, memory in (("before", Before, 0.999), ("units", AFTER, 0.999), ("after", AFTER, 0.9)):
        for rate in getattr(options, start):
            spec = run_spec(options.kernel, rate, memory, options.steps, options.seeds)
            with patch.object(overlapping, "OverlappingConvAC", network):  # which `build` makes
                found = reached(spec, arrays, LEARNT)
            print(f"K = {options.kernel}, {start}, rate {rate:g}: {found}", flush=True)


if __name__ == "__main__":
    main()
