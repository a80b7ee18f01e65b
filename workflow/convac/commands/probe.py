"""Say what a scale takes before it runs: jobs, core- or GPU-hours, memory and disk of every experiment.

Every network makes its first steps, and every theory job works for some seconds, at their true size and each in a
separate process. What they would take in all stands beside the estimates of the other jobs. With `--largest` only one
job of each experiment and kind is looked at, that which is expected to take longest; the others are taken to err alike.
"""

import importlib
import logging
import math
import multiprocessing
import resource
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from convac import progress
from convac.errors import ConfigError
from convac.files import Arrays
from convac.planning.config import SCALES, config_mistakes
from convac.planning.config_files import read_config
from convac.planning.costs import evaluations, tried_steps
from convac.planning.plan import JobKey, Plan
from convac.seeds import stream
from convac.specs.job import JobSpec
from convac.specs.run import RunSpec
from convac.training.history import History
from convac.training.loop import BLOCK, Run, chosen_device
from convac.training.threads import one_thread

T = TypeVar("T")

TIMED = ("train", "theory")  # rules
IMAGES = BLOCK  # random ones, in place of the dataset: as many as are evaluated at a time


class Probe(NamedTuple):
    """What was seen of a job.

    Attributes:
        hours: that all of it would take.
        memory: MB at the peak of its process.
        seen: milliseconds of a training step; the fraction of a theory job that was done.
    """

    hours: float
    memory: float
    seen: float


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac probe`."""
    parser.add_argument("--config", default="config.yaml", help="the workflow's config")
    parser.add_argument("--scale", default="paper", choices=SCALES)
    parser.add_argument("--experiment", help="only this one; by default all")
    parser.add_argument("--steps", type=int, default=4, help="steps that are timed, after one that is not")
    parser.add_argument(
        "--seconds",
        type=float,
        default=10.0,
        help="processor seconds for which each theory job is run, and after which no further step is timed",
    )
    parser.add_argument(
        "--largest", action="store_true", help="only the largest network and theory job of each experiment and kind"
    )
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])


def run(options: Namespace) -> None:
    """Print what was seen of the networks and theory jobs, the slowest first, then a row per experiment and for all."""
    plan, experiments = planned(options)
    on_gpu = chosen_device(options.device).type == "cuda"
    jobs = {name: plan.jobs(options.scale, name) for name in experiments}
    every = list(dict.fromkeys(job for own in jobs.values() for job in own))
    alike = {job: kin for own in jobs.values() for job, kin in largest(plan, own).items()} if options.largest else {}
    asked = set(alike.values()) if options.largest else {job for job in every if job.rule in TIMED}
    probes = probed_jobs(plan, [job for job in every if job in asked], options)
    for rule, seen in (("train", "ms a step"), ("theory", "done")):
        if (table := seen_jobs(plan, rule, seen, probes)) is not None:
            print(f"{table.to_string(index=False, float_format=short)}\n")
    timed = {job: probe.hours for job, probe in probes.items() if math.isfinite(probe.hours)}
    hours = {job: plan.needs(*job).seconds / 3600 for job in every}
    hours |= {job: hours[job] * timed[kin] / hours[kin] for job, kin in alike.items() if kin in timed} | timed
    rows = [{"experiment": name, **budget(plan, own, hours, on_gpu)} for name, own in jobs.items()]
    rows.append({"experiment": "all", **budget(plan, every, hours, on_gpu)})
    print(pd.DataFrame(rows).to_string(index=False, float_format=short))
    print(f"\n{len(timed)} jobs were timed, the others estimated; memory is what the largest job asks for at first")


def planned(options: Namespace) -> tuple[Plan, list[str]]:
    """The plan and the experiments that are asked for; raises ConfigError for a mistake."""
    raw = read_config(options.config)
    if mistakes := config_mistakes(raw):
        raise ConfigError(mistakes[0])
    plan = Plan(raw)
    if options.experiment not in (None, *plan.experiments):
        raise ConfigError(f"--experiment: {options.experiment!r} is unknown; accepted: {', '.join(plan.experiments)}")
    if options.steps < 1:
        raise ConfigError(f"--steps: {options.steps}; accepted: an integer from 1 up")
    if not options.seconds > 0:
        raise ConfigError(f"--seconds: {options.seconds}; accepted: a number above 0")
    return plan, [options.experiment] if options.experiment else plan.experiments


def probed_jobs(plan: Plan, jobs: list[JobKey], options: Namespace) -> dict[JobKey, Probe]:
    """What was seen of each job; those that died, for want of memory, are left out."""
    report = progress.reporter(len(jobs), "job")
    found: dict[JobKey, Probe] = {}
    alike: dict[str, Probe | None] = {}
    for number, job in enumerate(jobs, start=1):
        if job.rule == "theory":
            probe = isolated(probed_theory, plan.theories[job.name], options.seconds)
        else:
            # tasks differ in what is on their images, which doesn't matter here
            spec = plan.runs[job.name]
            key = repr((spec.network, spec.training, evaluations(spec), len(spec.dataset.seeds)))
            if key not in alike:
                alike[key] = isolated(probed, spec, options.steps, options.seconds, options.device)
            probe = alike[key]
        if probe is None:
            print(f"{job.name}: more memory than there is here; estimated", file=sys.stderr)
        else:
            found[job] = probe
        report(number, job.name)
    return found


def largest(plan: Plan, jobs: Iterable[JobKey]) -> dict[JobKey, JobKey]:
    """Of every network and theory job of an experiment the one of its kind that is expected to take longest."""
    by_kind: dict[tuple[str, str], list[JobKey]] = {}
    for job in jobs:
        if job.rule in TIMED:
            trained = job.rule == "train"
            kind = plan.runs[job.name].network.kind if trained else type(plan.theories[job.name]).__name__
            by_kind.setdefault((job.rule, kind), []).append(job)
    slowest = [max(own, key=lambda job: plan.needs(*job).seconds) for own in by_kind.values()]
    return {job: kin for kin, own in zip(slowest, by_kind.values(), strict=True) for job in own}


def isolated(function: Callable[..., T], *arguments: Any) -> T | None:
    """What a function returns in a separate process, so that its peak of memory is its own; None if that died."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            return None


@one_thread()
def probed(spec: RunSpec, steps: int, seconds: float, device: str) -> Probe:
    """Time some of a network's steps with all seeds, and one evaluation; the run's trials count as its steps do.

    No further step is timed after so many seconds. On a processor that is the time it gave to this process alone,
    whatever else it does.
    """
    where = chosen_device(device)
    clock = time.perf_counter if where.type == "cuda" else time.process_time
    run = Run(spec, random_images(spec), where)
    run.update(1)
    started, timed = clock(), 0
    while timed < steps and clock() - started < seconds:
        timed += 1
        run.update(1 + timed)  # reads the loss, so that an accelerator has finished
    step = (clock() - started) / timed
    started = clock()
    run.record(History(spec.training.seeds), 0)
    image = (clock() - started) / (IMAGES * len(run.parts))
    return Probe((step * tried_steps(spec) + image * evaluations(spec)) / 3600, peak(), 1e3 * step)


def probed_theory(spec: JobSpec, seconds: float) -> Probe:
    """Let a theory job work for some seconds of a processor; the whole follows from how far it came.

    Where later items are larger that is a lower bound. Hours are NaN for a job that hadn't finished its first item.
    """

    class Latest(logging.Handler):
        share = 0.0

        def emit(self, record: logging.LogRecord) -> None:
            self.share = getattr(record, "share", self.share)

    def stop(*_: object) -> None:
        raise TimeoutError

    latest = Latest()
    progress.LOG.handlers, progress.EVERY = [latest], 0.0
    progress.LOG.setLevel(logging.INFO)
    *_, module = spec.modules
    compute = importlib.import_module(module).compute  # the seconds are those of the work
    started = time.process_time()
    signal.signal(signal.SIGPROF, stop)
    try:
        # again and again: what is raised inside a finaliser is lost
        signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
        compute(spec)
        latest.share = 1.0
    except TimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    hours = (time.process_time() - started) / 3600
    return Probe(hours / latest.share if latest.share else math.nan, peak(), latest.share)


def peak() -> float:
    """MB that this process has taken at most."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (2**20 if sys.platform == "darwin" else 2**10)


def random_images(spec: RunSpec) -> Arrays:
    """Images of the size that the network reads, and labels, at random; of each draw where the dataset has several."""
    generator, network = stream("probe"), spec.network
    pixels = network.pixels
    several = (spec.dataset.draws,) if spec.dataset.seeds else ()
    shape = (*several, IMAGES, *(pixels.patch * side for side in network.sites))
    images = generator.integers(0, pixels.brightest + 1, shape).astype(np.uint8)
    labels = generator.integers(0, network.classes, (*several, IMAGES, *network.labels))
    return {
        f"{part}_{kind}": array
        for part in ("train", "test")
        for kind, array in (("images", images), ("labels", labels))
    }


def seen_jobs(plan: Plan, rule: str, seen: str, probes: dict[JobKey, Probe]) -> pd.DataFrame | None:
    """One row per job of a rule, the slowest first; None without any."""
    rows = []
    for job, probe in probes.items():
        if job.rule == rule:
            training = plan.runs[job.name].training if rule == "train" else None
            size = {"seeds": len(training.seeds), "steps": training.steps} if training else {}
            memory = {"MB": probe.memory, "MB asked for": plan.needs(*job).mem_mb()}
            rows.append({"cell": job.name, **size, seen: probe.seen, "hours": probe.hours, **memory})
    return pd.DataFrame(rows).sort_values("hours", ascending=False) if rows else None


def budget(plan: Plan, jobs: Iterable[JobKey], hours: dict[JobKey, float], on_gpu: bool) -> dict[str, float]:
    """What jobs take of a cluster in all: their number, hours, and disk; memory is the largest one's limit."""
    jobs = list(jobs)
    on = {job: on_gpu and job.rule == "train" for job in jobs}
    return {
        "jobs": len(jobs),
        "core-hours": sum(hours[job] for job in jobs if not on[job]),
        "GPU-hours": sum(hours[job] for job in jobs if on[job]),
        "GB memory": max(plan.needs(*job).mem_mb() for job in jobs) / 1000,
        "GB disk": sum(plan.needs(*job).disk for job in jobs) / 1000,
    }


def short(value: float) -> str:
    """A number with three digits.

    >>> short(1234.5), short(0.012345)
    ('1234', '0.0123')
    """
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"
