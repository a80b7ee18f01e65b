"""Dilated networks on sequences that need both trees: what each reaches at a rate, by seed, and its CPU seconds.

    python benchmarks/mixing_rates.py --operator product --rates 0.01 0.03 --steps 1000

Seeds are 0 to 4, which no experiment uses; every network gets the same rates and steps.
"""

import argparse
import time

import numpy as np
import yaml

from convac.datasets.pair_sequences import generate
from convac.errors import NonFiniteError
from convac.experiments.dilated_mixing.block import ALONE, MIXED_SHARE, OPERATORS, Block, cell
from convac.geometry.dilations import common_levels, levels_of
from convac.specs.networks.dilated import Operator
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.training.loop import train

SEEDS = (0, 1, 2, 3, 4)


def specs(block: Block, operator: Operator, rate: float, steps: int) -> dict[str, RunSpec]:
    """The run of every network by its name, where the label needs both kinds of pairs."""
    common = common_levels(levels_of(block.sequences.steps), block.group)
    mixed = {f"mixed {common[:count]}": common[:count] for count in range(1, len(common) + 1)}
    asked: dict[str, tuple[str, tuple[int, ...]]] = {name: (trees, ()) for trees, name in ALONE.items()}
    asked["sum"] = ("both", ())
    asked |= {name: ("both", levels) for name, levels in mixed.items()}
    found = {}
    for name, (trees, levels) in asked.items():
        spec = cell(block, operator, trees, levels, MIXED_SHARE).spec
        assert isinstance(spec, RunSpec)
        training = spec.training.model_copy(update={"steps": steps, "lr": rate, "log_every": steps, "seeds": SEEDS})
        dataset = spec.dataset.model_copy(update={"seeds": SEEDS})
        found[name] = spec.model_copy(update={"training": training, "dataset": dataset})
    return found


def reached(spec: RunSpec) -> str:
    """Test accuracy of every seed, how many had converged, and CPU seconds of all."""
    draws = [generate(**spec.dataset.arguments, seed=seed) for seed in SEEDS]
    arrays = {name: np.stack([draw[name] for draw in draws]) for name in draws[0]}
    started = time.process_time()
    try:
        history = train(spec, arrays, device="cpu").history
    except NonFiniteError as error:
        return str(error)
    last = history[history["step"] == spec.training.steps].set_index("quantity")["value"]
    values = " ".join(f"{value:.3f}" for value in last["test_accuracy"])
    return f"{values}, {last['converged'].sum():.0f} converged, {time.process_time() - started:.1f} s"


def main() -> None:
    """A line per network and rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operator", choices=OPERATORS, required=True)
    parser.add_argument("--rates", type=float, nargs="+", required=True)
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    with open("config.yaml", encoding="utf-8") as file:
        laptop = yaml.safe_load(file)["experiments"]["dilated_mixing"]
    block = parse(Block, {key: value for key, value in laptop.items() if key != "scales"}, "dilated_mixing")
    for rate in options.rates:
        for name, spec in specs(block, options.operator, rate, options.steps).items():
            print(f"{options.operator}, {name}, rate {rate:g}: {reached(spec)}", flush=True)


if __name__ == "__main__":
    main()
