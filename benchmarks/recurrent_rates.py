"""Learning rates of recurrent_memory_trained's networks: what each reaches with other seeds, and its CPU seconds.

    python benchmarks/recurrent_rates.py --task copying --delay 8 --steps 150 --rates 0.005 0.01

Sequences and networks have seeds 0 to 2, which no experiment uses. Every kind and depth gets the same rates and steps.
A line has, for each seed, the accuracy on held-out sequences at the end and the first recorded step with 99 %.

How networks of 3,000 parameters start decides as much. Before, the first map of a RAC was 1 with normal noise of 0.03
for every length and depth, its other maps were orthogonal and its classes uneven; memories of tanh and GRU networks
were uniform in ± 1/√channels, as torch has them. After, see `convac.networks.rac` and `gated`:

- similarity, delay 6, 1,500 steps: RACs before (rate 0.005) at chance with every seed. After, of five seeds, 0.93 to
  0.97 (one layer) and 0.70 to 0.81 (two) at rate 0.002; at 0.005 two of 15 runs at delays 6 and 8 end at chance.
  tanh before (0.005) at chance. After, of ten seeds, 0.90 to 0.98 (one layer) and 0.96 to 1.00 but for one at chance
  (two) at 0.005; none at chance at 0.003, 0.88 to 0.96 and 0.92 to 1.00.
  Two layers of a RAC go on learning: of four seeds at 0.002 0.74 to 0.80 after 1,500 steps, 0.83 to 0.88 after 3,000,
  and 0.85 to 0.90 after 6,000 with the rate falling to a twentieth; a start that deviates twice as much from ones gives
  0.69 to 0.79 after 1,500, four times as much 0.34 to 0.66. One layer has 0.98 to 1.00 after 3,000.
- copying, delay 16, 500 steps, RACs at rate 0.005, ten seeds: after all (one layer; in 96 to 180 steps) and nine (two
  layers; 120 to 252) solve it; before, three with either depth did. tanh and GRU at 0.01, three seeds: after 500 steps
  0.23 to 0.98, after 1,500 0.31 to 0.81 (tanh, one layer), 0.52 to 1.00 (two), 0.70 to 0.93 (GRU); two of 12 solve it.
"""

import argparse
import importlib
import time
from typing import get_args

import numpy as np

from convac.errors import NonFiniteError
from convac.experiments.recurrent_memory_trained.block import CLASSES, KINDS, TOLERANCE, Network
from convac.specs.dataset import DatasetSpec
from convac.specs.datasets.copying_memory import CopyingMemorySpec
from convac.specs.datasets.start_end_similarity import StartEndSimilaritySpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.specs.widths import matched
from convac.training.loop import train

SEEDS, BATCH, TEST, BAR = (0, 1, 2), 32, 300, 0.99
SYMBOLS, LENGTH = 4, 4


def run_spec(task: str, delay: int, kind: str, depth: int, rate: float, steps: int, parameters: int) -> RunSpec:
    """Three seeds of one network at one rate, each on sequences of its own that are seen once."""
    seen = steps * BATCH
    answers: int | None = None
    if task == "copying":
        dataset: DatasetSpec = CopyingMemorySpec(
            symbols=SYMBOLS, length=LENGTH, delay=delay, train=seen, test=TEST, seeds=SEEDS
        )
        letters, classes, answers = SYMBOLS + 2, SYMBOLS + 1, LENGTH
    else:
        dataset = StartEndSimilaritySpec(
            symbols=SYMBOLS, length=LENGTH, steps=2 * delay, train=seen, test=TEST, seeds=SEEDS
        )
        letters, classes = SYMBOLS + 1, CLASSES
    start = KINDS[kind](
        sites=(dataset.pixels,), widths=(1,) * depth, local_dimension=letters, classes=classes, answers=answers
    )
    schedule = {"steps": steps, "batch": BATCH, "lr": rate, "clip": 1.0, "warm_up": 0.05, "seeds": SEEDS}
    training = TrainingSpec.model_validate({**schedule, "log_every": max(1, steps // 40)})
    return RunSpec(dataset=dataset, network=matched(start, "uniform", parameters, TOLERANCE), training=training)


def reached(spec: RunSpec) -> str:
    """Accuracy and first step above the bar of every seed, and CPU seconds of all."""
    generate = importlib.import_module(spec.dataset.modules[-1]).generate
    drawn = [generate(**spec.dataset.arguments, seed=seed) for seed in SEEDS]
    arrays = {name: np.stack([each[name] for each in drawn]) for name in drawn[0]}
    started = time.process_time()
    try:
        history = train(spec, arrays, device="cpu").history
    except NonFiniteError as error:
        return str(error)
    found = history[history["quantity"] == "test_accuracy"]
    told = []
    for seed in SEEDS:
        own = found[found["seed"] == seed]
        above = own.loc[own["value"] >= BAR, "step"]
        told.append(f"{own['value'].iloc[-1]:.3f} ({above.min() if len(above) else 'never'})")
    return f"{', '.join(told)}; {time.process_time() - started:.1f} s"


def main() -> None:
    """A line per kind, depth and rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=["copying", "similarity"], required=True)
    parser.add_argument("--delay", type=int, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--parameters", type=int, default=3000)
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rates", type=float, nargs="+", required=True)
    parser.add_argument("--kinds", nargs="+", choices=get_args(Network), default=list(get_args(Network)))
    options = parser.parse_args()
    for kind in options.kinds:
        for depth in options.depths:
            for rate in options.rates:
                spec = run_spec(options.task, options.delay, kind, depth, rate, options.steps, options.parameters)
                print(f"{options.task}, delay {options.delay}, {kind}, {depth} layers, rate {rate:g}: {reached(spec)}")


if __name__ == "__main__":
    main()
