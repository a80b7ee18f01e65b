"""Rates and steps of missing_data's networks: what each reaches on validation images, and its CPU seconds.

    python benchmarks/missing_rates.py --networks "HT mixture hybrid" --steps 600 --rates 0.01 0.03 0.1

Networks, images and sizes are those of the config's laptop block, with seeds 0 and 1, which the experiment doesn't use;
in place of the test images stand the validation images. A network is judged by its accuracy with missing pixels, mean
over rates: a mixture marginalises, a ConvNet that knows complete images has its nearest neighbour's pixels, one that is
trained on missing pixels has them marked. Every network gets the same number of rates and steps.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from convac.datasets.digits import generate
from convac.experiments.experiment import Cell
from convac.experiments.missing_data.block import COMPLETE, Block, cells
from convac.measurement.missing import missing_rows
from convac.planning.config import scaled
from convac.specs.measurements.missing import MARGINALISED, MARKED, Imputation, MissingSpec
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.training.loop import Arrays, load, train

SEEDS, RATES = (0, 1), (0.25, 0.5, 0.75, 0.9)
CONFIG = Path(__file__).parents[1] / "config.yaml"


def asked(changes: dict[str, Any]) -> dict[str, RunSpec]:
    """Every network of the experiment by its name, on the pilot's seeds."""
    written = yaml.safe_load(CONFIG.read_text())["experiments"]["missing_data"]
    block = parse(Block, scaled({**written, **changes, "seeds": list(SEEDS)}, "laptop"), "missing_data")
    return {name_of(cell): cell.spec for cell in cells(block) if isinstance(cell.spec, RunSpec)}


def name_of(cell: Cell) -> str:
    """Network, with its objective or with what it is trained on."""
    known = cell.labels["trained_on"]
    further = cell.labels["objective"] if "mixture" in str(cell.labels["network"]) else known
    return f"{cell.labels['network']} {further}"


def drawn(spec: RunSpec) -> list[Arrays]:
    """Images of every seed, those for validation in the place of those for testing."""
    found = [generate(**spec.dataset.arguments, seed=seed) for seed in SEEDS]
    return [{**each, **{f"test_{what}": each[f"validation_{what}"] for what in ("images", "labels")}} for each in found]


def reached(spec: RunSpec, images: list[Arrays], handled: Imputation) -> str:
    """Accuracies of a network, means over seeds, with its smallest; converged seeds; CPU seconds."""
    started = time.process_time()
    arrays = {name: np.stack([each[name] for each in images]) for name in images[0]}
    result = train(spec, arrays, device="cpu")
    seconds = time.process_time() - started
    last = result.history[result.history["step"] == spec.training.steps]
    end = {name: last[last["quantity"] == name]["value"] for name in ("loss", "train_accuracy", "converged")}
    wanted = MissingSpec(kinds=("points", "rectangles"), rates=RATES, imputations=(handled,))
    table = pd.DataFrame(missing_rows(load(spec, result.tensors), images, wanted))
    by = table.groupby("missing")["value"].mean()
    parts = " ".join(f"{kind} {value:.4f}" for kind, value in by.items())
    trained = f"train {end['train_accuracy'].mean():.3f}, loss {end['loss'].mean():.3f}"
    return f"{parts}; {trained}, converged {int(end['converged'].sum())}/{len(SEEDS)}; {seconds:.1f} s"


def main() -> None:
    """A line per network and rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=None)
    parser.add_argument("--steps", type=int, nargs="+", default=[2000])
    parser.add_argument("--rates", type=float, nargs="+", required=True)
    parser.add_argument("--changes", type=yaml.safe_load, default={}, help="YAML: other values for keys of the block")
    options = parser.parse_args()
    networks = asked(options.changes)
    images = drawn(next(iter(networks.values())))
    for name in options.networks or networks:
        handled: Imputation = MARGINALISED if "mixture" in name else "neighbour" if name.endswith(COMPLETE) else MARKED
        for steps in options.steps:
            for rate in options.rates:
                changes = {"steps": steps, "lr": rate, "log_every": steps}
                spec = networks[name]
                spec = spec.model_copy(update={"training": spec.training.model_copy(update=changes)})
                print(f"{name}, {steps} steps, rate {rate:g}: {reached(spec, images, handled)}", flush=True)


if __name__ == "__main__":
    main()
