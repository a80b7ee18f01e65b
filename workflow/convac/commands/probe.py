"""Time the first steps of every network of a scale at its true size, and say what training them all would take."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml

from convac.errors import ConfigError
from convac.files import Arrays, naming
from convac.planning.config import config_mistakes
from convac.planning.plan import Plan
from convac.progress import reporter
from convac.seeds import stream
from convac.specs import RunSpec
from convac.training.loop import Run, chosen_device

IMAGES = 256  # random ones, in place of the dataset


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac probe`."""
    parser.add_argument("--config", default="config.yaml", help="the workflow's config")
    parser.add_argument("--scale", default="paper", choices=["smoke", "laptop", "paper"])
    parser.add_argument("--experiment", help="only this one; by default all")
    parser.add_argument("--steps", type=int, default=4, help="steps that are timed, after one that isn't")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])


def run(options: Namespace) -> None:
    """Print one row per network, slowest first, and the total."""
    with naming(options.config, "a YAML file"):
        raw = yaml.safe_load(Path(options.config).read_text(encoding="utf-8"))
    if mistakes := config_mistakes(raw):
        raise ConfigError(mistakes[0])
    plan = Plan(raw)
    if options.experiment not in (None, *plan.experiments):
        raise ConfigError(f"--experiment: {options.experiment!r} is unknown; accepted: {', '.join(plan.experiments)}")
    if options.steps < 1:
        raise ConfigError(f"--steps: {options.steps}; accepted: an integer from 1 up")
    wanted = [options.experiment] if options.experiment else plan.experiments
    specs = {
        name: cell.spec
        for experiment in wanted
        for name, cell in plan.studies[options.scale, experiment].cells.items()
        if isinstance(cell.spec, RunSpec)
    }
    if not specs:
        print("nothing to probe: no network is trained")
        return
    torch.set_num_threads(1)
    report = reporter(len(specs), "network")
    rows = []
    for number, (name, spec) in enumerate(specs.items(), start=1):
        rows.append({"cell": name, **probed(spec, options.steps, options.device)})
        report(number, name)
    table = pd.DataFrame(rows).sort_values("hours", ascending=False)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    print(f"\n{len(table)} networks, about {table['hours'].sum():.3g} hours of one core (or of one accelerator) in all")


def probed(spec: RunSpec, steps: int, device: str) -> dict[str, float]:
    """Milliseconds of a step with all seeds, and hours of all steps, those of the trials included."""
    run = Run(spec, random_images(spec), chosen_device(device))
    run.update(1)
    started = time.perf_counter()
    for step in range(2, steps + 2):
        run.update(step)  # reads the loss, so that an accelerator has finished
    seconds = (time.perf_counter() - started) / steps
    training = spec.training
    trials = len(training.trials) * training.trial_steps * min(1.0, training.trial_seeds / len(training.seeds))
    return {
        "seeds": len(training.seeds),
        "steps": training.steps,
        "ms a step": 1e3 * seconds,
        "hours": seconds * (training.steps + trials) / 3600,
    }


def random_images(spec: RunSpec) -> Arrays:
    """Images of the size that the network reads, and labels, at random."""
    generator, network = stream("probe"), spec.network
    patch, brightest = int(network.options.get("patch", 1)), int(network.options.get("brightest", 1))
    shape = (IMAGES, *(patch * side for side in network.sites))
    images = generator.integers(0, brightest + 1, shape).astype(np.uint8)
    labels = generator.integers(0, network.classes, IMAGES)
    return {
        f"{part}_{kind}": array
        for part in ("train", "test")
        for kind, array in (("images", images), ("labels", labels))
    }
