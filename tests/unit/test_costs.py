"""What jobs are expected to take, against what they were seen to take, and what follows for a scheduler."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from network_specs import network_spec

from convac.circuits.tree import random_circuit
from convac.entanglement import renyi2
from convac.geometry.partitions import Partition
from convac.networks import arithmetic, mixture, rectifier
from convac.networks.arithmetic import CALIBRATION_IMAGES
from convac.planning import costs
from convac.planning.config import SCALES
from convac.planning.plan import Plan
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.mixture import MixtureSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.training.loop import BLOCK

CONFIG = Path(__file__).parents[2] / "config.yaml"
AFFINE = {"representation": "affine", "patch": 4, "brightest": 255}
CALIBRATED = {"initialisation": "calibrated"}
GREY = {"patch": 2, "brightest": 255}
MIXTURE = {**GREY, "leaves": "gaussian", "sharing": "located", "objective": "likelihood"}
# Seen with `convac probe` on one core, batches of 64 and 5 seeds: architecture, side, M, widths, options;
# milliseconds of a training step and MB of the whole job.
SEEN = {
    "ConvAC": ("arithmetic", 32, 2, (16,) * 5, {}, 4.3, 470),
    "wide ConvAC": ("arithmetic", 32, 2, (128,) * 5, {}, 21, 590),
    "shallow": ("arithmetic", 32, 2, (256,), CALIBRATED, 1.8, 783),
    "widest": ("arithmetic", 32, 2, (4096,), CALIBRATED, 16, 8100),
    "rectifier": ("rectifier", 32, 2, (16,) * 5, {"pooling": "max"}, 4.7, 470),
    "windowed": ("arithmetic", 16, 32, (126, 126, 32, 32), {**AFFINE, "sharing": "windowed"}, 119, 1140),
    "patches": ("arithmetic", 16, 32, (93,) * 4, AFFINE, 77, 990),
    "ConvNet": ("convolutional", 32, 4, (80, 80, 40, 20, 20), {"kernel": 3, **GREY}, 383, 1170),
    "mixture": ("mixture", 16, 32, (28,) * 4, MIXTURE, 53, 737),
    "mixture of one level": ("mixture", 16, 32, (37,), MIXTURE, 76, 824),
    "overlapping": ("overlapping", 16, 32, (28,) * 4, {"kernel": 3, **AFFINE}, 88, 910),
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(yaml.safe_load(CONFIG.read_text()))


def run(name: str) -> RunSpec:
    architecture, side, dimension, widths, options, *_ = SEEN[name]
    network = network_spec(
        architecture,
        geometry="square",
        sites=(side, side),
        windows=(side**2,) if len(widths) == 1 else None,
        widths=widths,
        local_dimension=dimension,
        **options,
    )
    training = TrainingSpec(steps=1000, lr=0.1, seeds=tuple(range(5)), log_every=1000)
    dataset = BlobsSpec(task="closedness", seed=0, rendered_train=25000, rendered_test=1)
    return RunSpec(dataset=dataset, network=network, training=training)


@pytest.mark.parametrize("name", SEEN)
def test_estimates_follow_what_was_seen_and_limits_cover_it(name):
    *_, milliseconds, memory = SEEN[name]
    needs = costs.train(run(name))
    assert milliseconds / 1.5 < needs.seconds - costs.STARTUP < 3 * milliseconds  # of 1,000 steps
    assert memory < needs.mem_mb() - costs.SUBMITTED < 3 * memory
    assert 60 * needs.runtime() > 2 * (milliseconds + costs.STARTUP)


def test_what_networks_and_training_do_is_known_here_without_torch():
    assert (costs.BLOCK, costs.CALIBRATION) == (BLOCK, CALIBRATION_IMAGES)


def test_more_work_never_needs_less():
    small = run("patches")
    for update in ({"steps": 2000}, {"batch": 128}, {"seeds": tuple(range(8))}, {"trials": (0.1, 0.2)}):
        larger = small.model_copy(update={"training": small.training.model_copy(update=update)})
        assert costs.train(larger).seconds > costs.train(small).seconds
        assert costs.train(larger).memory >= costs.train(small).memory


def test_limits_double_with_every_attempt():
    needs = costs.Needs(seconds=600, memory=1000, disk=3.2)
    assert [needs.mem_mb(attempt) for attempt in (1, 2, 3)] == [1700, 3400, 6800]
    assert [needs.runtime(attempt) for attempt in (1, 2, 3)] == [35, 70, 140]
    assert needs.disk_mb == 4


def test_every_job_of_every_scale_fits_a_node_and_a_week(plan):
    for scale in SCALES:
        for name in plan.experiments:
            for job in plan.jobs(scale, name):
                needs = plan.needs(*job)
                assert 300 < needs.mem_mb() <= 36000, job
                assert 5 < needs.runtime() <= 7 * 24 * 60, job
                assert needs.disk_mb >= 1, job
                if scale != "paper":
                    assert needs.mem_mb() <= 2000, job
                    assert needs.runtime() <= 12, job


def test_every_job_of_a_plan_has_its_estimate_and_kind(plan):
    for scale in SCALES:
        for job in plan.jobs(scale, "trained_entanglement") + plan.jobs(scale, "min_cut"):
            seconds, kind = plan.expected(job.rule, "-".join(filter(None, (job.name, job.number))))
            assert kind.split()[0] == job.rule
            if job.rule != "theory":  # the largest one is the limit's, a mean one the plan's
                assert seconds == plan.needs(*job).seconds
    assert plan.expected("train", "nothing-12345678") is None
    assert plan.expected("measure", "nothing") is None
    assert plan.expected("claims", "smoke-min_cut") == (costs.EQUAL["claims"], "claims")


def test_limits_are_those_of_the_job(plan):
    for job in plan.jobs("paper", "pooling_geometry"):
        wildcards = [part for part in (job.name, job.number) if part]
        limits, needs = plan.limits(job.rule), plan.needs(*job)
        assert limits.mem_mb(wildcards, 2) == needs.mem_mb(2)
        assert limits.runtime(wildcards, 1) == needs.runtime(1)
        assert limits.disk_mb(wildcards) == needs.disk_mb


def test_short_cells_share_jobs_and_long_ones_do_not(plan):
    for scale, short in (("smoke", True), ("paper", False)):
        cells = [job.name for job in plan.jobs(scale, "layer_widths") if job.rule == "train"]
        assert {plan.group(cell) for cell in cells} == {"short" if short else None}
        on_gpu = Plan({**yaml.safe_load(CONFIG.read_text()), "device": "cuda"})
        assert {on_gpu.group(cell) for cell in cells} == {None}


def test_a_theory_job_belongs_to_the_smallest_scale_that_asks_for_it(plan):
    own = {scale: {job.name for job in plan.jobs(scale, "min_cut") if job.rule == "theory"} for scale in SCALES}
    for name in own["smoke"]:
        assert plan.scales[name] == "smoke"
    for name in own["paper"] - own["laptop"] - own["smoke"]:
        assert plan.needs("theory", name) == costs.theory("paper")


@pytest.mark.parametrize("width", [4, 16, 64, 128])
@pytest.mark.parametrize("geometry", ["square", "mirror"])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("weights", ["positive", "signed"])
def test_measurements_are_given_the_memory_that_their_engine_needs(plan, geometry, width, shared, weights):
    given = {"sites": (32, 32), "widths": (width,) * 5, "weights": weights}
    network = ArithmeticSpec(geometry=geometry, **given)
    generator = np.random.default_rng(0)
    circuit = random_circuit(network.tree, 2, network.widths, generator, shared=shared, positive=weights == "positive")
    mask = Partition.of((32, 32), "interleaved").mask
    assert renyi2.needed_bytes(circuit, mask) <= 2**20 * costs.engine_mb(network)
    cell = next(name for name, spec in plan.runs.items() if spec.network.widths == (128,) * 5)
    assert plan.engine_mb(cell) > 2048


@pytest.mark.parametrize("windows", [None, (64, 16), (16, 16, 4), (4, 256), (1024,)])
@pytest.mark.parametrize("local_dimension", [2, 3, 5])
@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("arithmetic", {}),
        ("arithmetic", {"sharing": "located"}),
        ("rectifier", {}),
        ("rectifier", {"pooling": "max"}),
        ("rectifier", {"pooling": "average"}),
    ],
)
def test_as_many_levels_are_tabulated_as_the_network_tabulates(architecture, options, windows, local_dimension):
    levels = len(windows or (4,) * 5)
    given = {"windows": windows, "widths": (2,) * levels, "local_dimension": local_dimension, **options}
    network = network_spec(architecture, geometry="square", sites=(32, 32), **given)
    built = {"arithmetic": arithmetic, "rectifier": rectifier}[architecture].build(network, (0,))
    assert network.tabulated() == len(built.tables())


@pytest.mark.parametrize("leaves", ["gaussian", "categorical"])
def test_a_measured_mixture_is_given_the_memory_that_its_engine_needs(leaves):
    options = {"leaves": leaves, "brightest": 15, "sharing": "located"}
    for width, dimension in ((4, 32), (32, 4)):
        network = MixtureSpec(
            geometry="square",
            sites=(32, 32),
            widths=(width,) * 5,
            local_dimension=dimension,
            **options,
        )
        circuit = mixture.build(network, (0,)).circuit()
        assert circuit.local_dimension == network.states
        mask = Partition.of((32, 32), "interleaved").mask
        assert 0 < renyi2.needed_bytes(circuit, mask) <= 2**20 * costs.engine_mb(network)
