"""Of how many seeds SimNets learn by how they are trained: at their β from the start, or led there from β = 1.

    python benchmarks/simnet_starts.py --beta max --seeds 50 --width 8 --steps 600

Blobs of 16×16 pixels, each task in the geometry that fits it. *Before*, every step has the network's β; *after*, 1/β
goes evenly from 1 to its value in the first part of the steps (`annealed`). Images are of one draw, and networks of
seeds, that no experiment uses. A network has learnt whose test accuracy is 0.55 or more, chance being 0.5.

Of 50 seeds of width 8 at β = ∞ learnt in 600 steps: before 25 (closedness; 0.50 to 0.84) and 26 (symmetry; 0.50 to
0.85), after 50 (0.57 to 0.87) and 50 (0.69 to 0.91).
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow"))

from benchmarks.overlapping_starts import reached

from convac.datasets.blobs import generate
from convac.experiments.blob_runs import FITTING
from convac.geometry.trees import PoolingTree
from convac.specs.datasets.blobs import BlobsSpec, BlobTask
from convac.specs.networks.simnet import SimNetSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec

SIDE, FIRST_SEED, LEARNT = 16, 1000, 0.55
SCHEDULE = {"batch": 32, "lr": 0.01, "decay": 0.05, "drop_at": 0.95, "betas": (0.9, 0.9), "warm_up": 0.1}


def run_spec(task: BlobTask, beta: float | str, annealed: float, width: int, steps: int, seeds: int) -> RunSpec:
    """Networks of one task in the geometry that fits it, all seeds on the same images."""
    tree = PoolingTree.named(FITTING[task], (SIDE, SIDE))
    fields: dict[str, Any] = {"geometry": FITTING[task], "sites": tree.shape, "windows": tree.windows, "beta": beta}
    return RunSpec(
        dataset=BlobsSpec(task=task, seed=100, side=SIDE, rendered_train=12_500, rendered_test=2500),
        network=SimNetSpec(**fields, annealed=annealed, widths=(width,) * tree.levels),
        training=TrainingSpec.model_validate(
            {**SCHEDULE, "steps": steps, "log_every": steps, "seeds": tuple(range(FIRST_SEED, FIRST_SEED + seeds))}
        ),
    )


def main() -> None:
    """A line per task and way of training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=list(FITTING), default=list(FITTING))
    parser.add_argument("--beta", type=lambda word: word if word in {"max", "min"} else float(word), default="max")
    parser.add_argument("--annealed", type=float, nargs="+", default=[0.0, 0.6], help="share of the steps")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--width", type=int, default=16, help="channels of every level")
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()
    for task in options.tasks:
        for annealed in options.annealed:
            spec = run_spec(task, options.beta, annealed, options.width, options.steps, options.seeds)
            told = reached(spec, generate(**spec.dataset.arguments), LEARNT)
            print(f"β = {options.beta}, {task}, annealed {annealed:g}: {told}", flush=True)


if __name__ == "__main__":
    main()
