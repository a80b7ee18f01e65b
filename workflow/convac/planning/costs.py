"""What a job needs: estimates for the scheduler and for people, fitted to what jobs were measured to take on one core.

Every estimate follows from the job's spec; a theory job's from the smallest scale that asks for it. What a scheduler
enforces are these estimates with a margin, doubled with every retry.
"""

from math import ceil, prod
from typing import NamedTuple

from convac.specs.dataset import DatasetSpec
from convac.specs.measurement import MeasureSpec
from convac.specs.network import NetworkSpec
from convac.specs.run import RunSpec
from convac.specs.training import EVALUATED_MASKS

MARGIN = 3  # between the expected seconds of a job and its limit
ALLOWANCE = 5  # minutes that a limit has beside it: a node may read packages from a slow file system
HEADROOM = 1.4  # between the expected memory and its limit
SUBMITTED = 300  # MB that a cluster's job takes beside its work: it starts Snakemake twice
SHORT = 120.0  # seconds up to which cells share a cluster's job

STARTUP, LIGHT = 1.5, 0.6  # seconds of a job that loads torch, and of one that does without
HANDLING = 0.1  # seconds that Snakemake takes for any job
TORCH, MEASURE, NUMPY = 440, 350, 250  # MB of a job that trains, that measures, and that does without torch
PIXEL = 1.5e-7  # seconds that a dataset takes for each of its pixels
# seconds of a training step for each multiplication, call of torch, and pass over a number
PRODUCT, CALL, PASS = 5e-11, 1e-4, 2e-9
BLOCK = 200  # images that a network is evaluated on at a time
CALIBRATION = 32  # images that an initialisation is calibrated on, all levels at all sites
# seconds of a measurement: whatever the network; for each r⁵ of Rényi-2 and each r³ of a single level; for each
# multiplication of a truncated network; for each pixel of the training images that an image's neighbour is sought in
OVERHEAD, REPLICAS, SVD, TRUNCATED, NEIGHBOUR = 0.03, 1.2e-8, 3e-9, 6e-10, 1e-10
FLOAT, DOUBLE, MIB = 4, 8, 2**20


COMPOSITE = 8e-6  # seconds of dependence on data for each composite, its analysis among them
COMPOSITES = 150  # MB of a block of composites


class Needs(NamedTuple):
    """What a job is expected to take.

    Attributes:
        seconds: on one core.
        memory: MB at its peak.
        disk: MB of its outputs.
    """

    seconds: float
    memory: float
    disk: float

    def runtime(self, attempt: int = 1) -> int:
        """Time limit in minutes, twice as long with every attempt."""
        return (ALLOWANCE + ceil(MARGIN * self.seconds / 60)) << (attempt - 1)

    def mem_mb(self, attempt: int = 1) -> int:
        """Memory limit in MB, twice as much with every attempt.

        >>> Needs(seconds=60, memory=500, disk=1).mem_mb(attempt=2)
        2000
        """
        return ceil(SUBMITTED + HEADROOM * self.memory) << (attempt - 1)

    @property
    def disk_mb(self) -> int:
        """Disk in MB."""
        return ceil(self.disk)


FIGURE = Needs(seconds=4, memory=520, disk=5)  # a notebook
# seconds of jobs that take the same whatever they are of, by the folder of their benchmark
EQUAL = {"figure": FIGURE.seconds, "collect": LIGHT, "claims": 0.8}
BARE = {
    "download": 30.0,
    "images": LIGHT,
    "ledger": LIGHT,
    "explorer": LIGHT,
    "comparison": LIGHT,
    "manifest": LIGHT,
}  # of those without, by rule
# the largest theory job of each scale, and the seconds of a mean one
THEORY = {
    "smoke": Needs(seconds=12, memory=450, disk=1),
    "laptop": Needs(seconds=70, memory=750, disk=2),
    "paper": Needs(seconds=7200, memory=1500, disk=20),
    "images": Needs(seconds=40, memory=450, disk=2),
}
MEAN = {"smoke": 1.0, "laptop": 7.5, "paper": 1200.0, "images": 2.5}


def calibration(spec: RunSpec) -> float:
    """MB that a calibrated initialisation takes: all positions of the first level, for a few images."""
    network = spec.network
    if not network.calibrated:
        return 0.0
    return 3 * FLOAT * CALIBRATION * len(spec.training.seeds) * prod(network.sites) * network.widths[0] / MIB


def tried_steps(spec: RunSpec) -> float:
    """Steps of a run with all seeds, those of its trials included."""
    training = spec.training
    share = len(training.tried) / len(training.seeds)
    return training.steps + len(training.trials) * training.trial_steps * share


def tested(spec: DatasetSpec) -> int:
    """Test images of a dataset."""
    return spec.images[2]


def evaluated(spec: RunSpec) -> int:
    """Images that a network is evaluated on, as many of the training set as of the test set, but for missing pixels."""
    masks = EVALUATED_MASKS if spec.training.missing else 1
    return (1 + masks) * tested(spec.dataset) + spec.dataset.images[1]


def evaluations(spec: RunSpec) -> int:
    """Images that a run evaluates in all."""
    training = spec.training
    moments = training.steps // training.log_every + len(training.snapshots) + 1
    return moments * evaluated(spec)


def forward_seconds(spec: RunSpec) -> float:
    """Seconds that all replicas take for an image, forward alone."""
    work, own = spec.network.levels(), spec.network.work
    products, values = sum(level.products for level in work), sum(level.values for level in work)
    return len(spec.training.seeds) * (PRODUCT * products / 3 + PASS * own.passes * values)


def forward_mb(spec: RunSpec) -> float:
    """MB that all replicas take for a block of images, forward alone."""
    largest = max(level.values for level in spec.network.levels())
    return spec.network.work.copies * FLOAT * len(spec.training.seeds) * BLOCK * largest / MIB


def train(spec: RunSpec) -> Needs:
    """What a training job takes: its steps, its trials and its evaluations, all seeds side by side."""
    network, training, work = spec.network, spec.training, spec.network.levels()
    replicas, own = len(training.seeds), network.work
    products, values = sum(level.products for level in work), sum(level.values for level in work)
    step = training.batch * replicas * (PRODUCT * products + PASS * own.passes * values) + CALL * own.calls * len(work)
    backward = 2 * own.copies * FLOAT * replicas * training.batch * values / MIB
    sites = 0 if network.one_hot else prod(network.sites) * network.local_dimension  # prepared, as floats
    inputs = FLOAT * sites * evaluated(spec) / MIB
    memory = TORCH + max(inputs + max(backward, forward_mb(spec)), calibration(spec))
    weights = FLOAT * replicas * sum(level.parameters for level in work) / MIB
    return Needs(
        seconds=STARTUP + tried_steps(spec) * step + evaluations(spec) * forward_seconds(spec),
        memory=memory + 2 * pixels(spec.dataset) / MIB,
        disk=1 + weights * (4 + len(training.snapshots)),  # a checkpoint has Adam's two moments beside the weights
    )


def measure(spec: RunSpec, wanted: MeasureSpec) -> Needs:
    """What measuring a run's networks takes: every measurement of each moment of theirs."""
    network, width = spec.network, max(spec.network.widths)
    engine = (REPLICAS * width**5 if len(network.widths) > 1 else SVD * width**3) if network.circuit else 0.0
    networks = len(spec.training.seeds) * (1 + len(spec.training.snapshots))
    products = sum(level.products for level in network.levels())
    seconds, memory = STARTUP + networks * OVERHEAD, MEASURE + calibration(spec)
    counts = [each.counts(spec) for each in wanted.measurements]
    for each in counts:
        seconds += each.cuts * (OVERHEAD + engine) + TRUNCATED * products * each.truncated
        seconds += each.images * forward_seconds(spec) + NEIGHBOUR * each.compared + COMPOSITE * each.composites
        memory += bool(each.images) * forward_mb(spec) + bool(each.composites) * COMPOSITES + each.held / MIB
    if any(each.engine for each in counts):
        memory += engine_mb(network)
    return Needs(seconds, memory, disk=1)


def engine_mb(network: NetworkSpec) -> int:
    """MB that the engine which takes any partition needs: r⁴ numbers a level and r² a site by Rényi-2, or r² in all."""
    width, depth = max(network.widths), len(network.widths)
    if not network.circuit:
        return 0
    if depth == 1:
        return ceil(DOUBLE * 9 * width**2 / MIB)
    # where weights have signs, all but the weights goes with bounds on its rounding
    copies = 2 if network.signed else 1
    # overlaps and weights of fewer than 2 N nodes, and some times those of the sites while they are mapped
    pairs = (16 + 2 * copies) * prod(network.sites) * max(width, network.states) ** 2
    return ceil(DOUBLE * ((copies * depth + 1 + 2 * copies) * width**4 + pairs) / MIB)


def pixels(spec: DatasetSpec) -> int:
    """Pixels of all images of a dataset, a byte each."""
    return spec.draws * spec.pixels * sum(spec.images)


def dataset(spec: DatasetSpec) -> Needs:
    """What rendering a dataset takes."""
    size = pixels(spec)
    return Needs(seconds=LIGHT + PIXEL * size, memory=NUMPY + 4 * size / MIB, disk=1 + size / MIB)


def theory(scale: str) -> Needs:
    """What the largest theory job takes of those that no smaller scale asks for."""
    return THEORY[scale]
