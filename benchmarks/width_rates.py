"""Learning rates and steps of layer_widths' networks: what each reaches on a pilot's images, and its CPU seconds.

    python benchmarks/width_rates.py --network "ConvNet 3×3" --task local --rates 0.003 0.006 --steps 7000

Networks and images have the seeds 0 to 4, which the experiment doesn't use. Every network gets the same number of
rates; the one with the best accuracy on validation images is taken. Widths, images and all else are the config's.
"""

import argparse
import time
from pathlib import Path

import yaml

from convac.commands.dataset import made
from convac.datasets.digits import generate
from convac.errors import NonFiniteError
from convac.experiments.layer_widths.block import KINDS, PUBLISHED, Block, cells
from convac.planning.config import scaled
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.training.loop import train

CONFIG = Path(__file__).parents[1] / "config.yaml"
SEEDS = (0, 1, 2, 3, 4)
SHOWN = ("converged", "train_accuracy", "validation_accuracy", "test_accuracy")


def pilot(spec: RunSpec, steps: int, rate: float, seeds: tuple[int, ...]) -> RunSpec:
    """The run on the pilot's seeds and images."""
    training = {"seeds": seeds, "steps": steps, "lr": rate, "log_every": steps}
    return spec.model_copy(
        update={
            "dataset": spec.dataset.model_copy(update={"seeds": seeds}),
            "training": spec.training.model_copy(update=training),
        }
    )


def reached(spec: RunSpec) -> str:
    """What every seed reached, whether it had converged, and CPU seconds of all."""
    arrays, _ = made(spec.dataset, generate, {})
    started = time.process_time()
    try:
        history = train(spec, arrays, device="cpu").history
    except NonFiniteError as error:
        return str(error)
    seconds = time.process_time() - started
    last = history[history["step"] == spec.training.steps].pivot_table(index="quantity", columns="seed", values="value")
    told = [f"{name} {' '.join(f'{value:.3f}' for value in last.loc[name])}" for name in SHOWN]
    return f"{', '.join(told)}; {seconds:.0f} s"


def main() -> None:
    """A line per network of the kind, profile and rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=KINDS, default=PUBLISHED)
    parser.add_argument("--task", choices=["local", "global"], required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--rates", type=float, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options = parser.parse_args()
    written = yaml.safe_load(CONFIG.read_text())["experiments"]["layer_widths"]
    block = parse(Block, scaled(written, "laptop"), "layer_widths")
    for cell in cells(block):
        labels = cell.labels
        if not isinstance(cell.spec, RunSpec) or (labels["network"], labels["task"]) != (options.network, options.task):
            continue
        for rate in options.rates:
            found = reached(pilot(cell.spec, options.steps, rate, tuple(options.seeds)))
            where = f"{labels['network']}, {labels['task']}, {labels['profile']} {labels['widths']}"
            print(f"{where}, rate {rate:g}, {options.steps} steps: {found}", flush=True)


if __name__ == "__main__":
    main()
