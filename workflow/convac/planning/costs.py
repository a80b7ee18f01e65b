"""What a job needs: estimates for the scheduler and for people, fitted to what jobs were measured to take on one core.

Every estimate follows from the job's spec; a theory job's from the smallest scale that asks for it. What a scheduler
enforces are these estimates with a margin, doubled with every retry.
"""

from math import ceil, comb, prod
from typing import NamedTuple

from convac.specs.spec import DatasetSpec, MeasureSpec, NetworkSpec, RunSpec

MARGIN = 3  # between the expected seconds of a job and its limit
ALLOWANCE = 5  # minutes that a limit has beside it: a node may read packages from a slow file system
HEADROOM = 1.4  # between the expected memory and its limit
SUBMITTED = 300  # MB that a cluster's job takes beside its work: it starts Snakemake twice
SHORT = 120.0  # seconds up to which cells share a cluster's job

STARTUP, LIGHT = 1.5, 0.6  # seconds of a job that loads torch, and of one that does without
HANDLING = 0.1  # seconds that Snakemake takes for any job
TORCH, MEASURE, NUMPY = 440, 350, 250  # MB of a job that trains, that measures, and that does without torch
PIXEL = 1.5e-7  # seconds that a dataset takes for each of its pixels
IMAGES = ("rendered_train", "rendered_test", "train", "validation", "test")  # parameters that count a dataset's images
PRODUCT = 5e-11  # seconds of a training step for each multiplication
BLOCK = 200  # images that a network is evaluated on at a time
CALIBRATION = 32  # images that an initialisation is calibrated on, all levels at all sites
SYMBOLS = 128  # levels with at most so many different positions are tabulated
# seconds of a measurement: whatever the network; for each r⁵ of Rényi-2 and each r³ of a single level; for each
# multiplication of a truncated network; for each pixel of the training images that an image's neighbour is sought in
OVERHEAD, REPLICAS, SVD, TRUNCATED, NEIGHBOUR = 0.03, 1.2e-8, 3e-9, 6e-10, 1e-10
FLOAT, DOUBLE, MIB = 4, 8, 2**20


COMPOSITE = 8e-6  # seconds of dependence on data for each composite, its analysis among them
COMPOSITES, COPIES = 150, 20  # MB of a block of composites; copies of all scores in the analysis


class Rates(NamedTuple):
    """What networks of one architecture take.

    Attributes:
        level: seconds of a training step for each level.
        value: and for each number that a level gives.
        copies: of a level's numbers that are held at once.
    """

    level: float
    value: float
    copies: float


RATES = {
    "arithmetic": Rates(8e-4, 8e-9, 5.0),  # logarithms and scales
    "mixture": Rates(8e-4, 9.5e-9, 5.0),
    "rectifier": Rates(8e-4, 2e-9, 2.2),
    "convolutional": Rates(1.7e-3, 2.5e-9, 2.2),
    "overlapping": Rates(1e-3, 5.5e-9, 2.2),
}
CIRCUITS = ("arithmetic", "mixture")  # what the engines measure as circuits over a tree
UNKNOWN = Rates(1.7e-3, 9.5e-9, 5.0)  # an architecture that wasn't measured


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
    "ledger": LIGHT,
    "comparison": LIGHT,
    "manifest": LIGHT,
}  # of those without, by rule
# the largest theory job of each scale, and the seconds of a mean one
THEORY = {
    "smoke": Needs(seconds=8, memory=300, disk=1),
    "laptop": Needs(seconds=40, memory=450, disk=2),
    "paper": Needs(seconds=7200, memory=1500, disk=20),
}
MEAN = {"smoke": 1.0, "laptop": 2.5, "paper": 1200.0}


class Level(NamedTuple):
    """What one level of a network computes for an image, in each replica.

    Attributes:
        products: multiplications.
        values: numbers that its convolution gives, before they are pooled.
        parameters: weights.
    """

    products: int
    values: int
    parameters: int


def levels(network: NetworkSpec) -> list[Level]:
    """The work of every level; tabulated ones take none.

    >>> network = NetworkSpec(architecture="convolutional", geometry="square", sites=(4, 4), widths=(2, 3))
    >>> levels(network)
    [Level(products=576, values=32, parameters=36), Level(products=216, values=12, parameters=54)]
    """
    convolves = network.architecture in {"convolutional", "overlapping"}
    kernel = int(network.options.get("kernel", 3)) ** 2 if convolves else 1
    factors = kernel if network.architecture == "overlapping" else 1  # of each value
    few = tabulated(network)
    positions, inputs = prod(network.sites), network.local_dimension
    found = [leaves(network)] if network.architecture == "mixture" else []
    for number, (window, outputs) in enumerate(zip(network.tree.windows, network.widths, strict=True)):
        maps = {"windowed": window, "located": positions}.get(str(network.options.get("sharing")), kernel)
        parameters = maps * inputs * outputs
        if number < few:
            found.append(Level(0, 0, parameters))
        elif number == few and symbolic(network):
            found.append(Level(0, positions // window * outputs, parameters))
        else:
            found.append(Level(positions * inputs * outputs * kernel, positions * outputs * factors, parameters))
        positions, inputs = positions // window, outputs
    return found


def leaves(network: NetworkSpec) -> Level:
    """The work of a mixture's components at every site: from a square, a value and a one of each of its pixels."""
    pixels, values = int(network.options.get("patch", 1)) ** 2, prod(network.sites) * network.local_dimension
    return Level(products=3 * pixels * values, values=values, parameters=2 * pixels * network.local_dimension)


def symbolic(network: NetworkSpec) -> bool:
    """Whether what a position sees is one of few symbols: one-hot sites below, weights shared over positions."""
    shared = network.options.get("sharing", "shared") == "shared"
    one_hot = network.options.get("representation") != "affine"
    return network.architecture in {"arithmetic", "rectifier"} and shared and one_hot


def tabulated(network: NetworkSpec) -> int:
    """How many of the first levels are computed once for each symbol, not at every position.

    A symbol is the multiset of those below it; with maximum pooling, ConvRects' default, the set is enough.
    """
    sets = network.architecture == "rectifier" and network.options.get("pooling", "max") == "max"
    below, count = network.local_dimension, 0
    for window in network.tree.windows[:-1] if symbolic(network) else ():
        chosen = sum(comb(below, size) for size in range(1, min(window, below) + 1))
        below = chosen if sets else comb(below + window - 1, window)
        if below > SYMBOLS:
            break
        count += 1
    return count


def calibration(spec: RunSpec) -> float:
    """MB that a calibrated initialisation takes: all positions of the first level, for a few images."""
    network = spec.network
    if network.options.get("initialisation") != "calibrated":
        return 0.0
    return 3 * FLOAT * CALIBRATION * len(spec.training.seeds) * prod(network.sites) * network.widths[0] / MIB


def tried_steps(spec: RunSpec) -> float:
    """Steps of a run with all seeds, those of its trials included."""
    training = spec.training
    share = len(training.tried) / len(training.seeds)
    return training.steps + len(training.trials) * training.trial_steps * share


def tested(spec: DatasetSpec) -> int:
    """Test images of a dataset."""
    return int(spec.parameters.get("rendered_test", 0)) + int(spec.parameters.get("test", 0))


def evaluated(spec: DatasetSpec) -> int:
    """Images that a network is evaluated on, as many of the training set as of the test set."""
    return 2 * tested(spec) + int(spec.parameters.get("validation", 0))


def evaluations(spec: RunSpec) -> int:
    """Images that a run evaluates in all."""
    training = spec.training
    moments = training.steps // training.log_every + len(training.snapshots) + 1
    return moments * evaluated(spec.dataset)


def forward_seconds(spec: RunSpec) -> float:
    """Seconds that all replicas take for an image, forward alone."""
    work, rates = levels(spec.network), RATES.get(spec.network.architecture, UNKNOWN)
    products, values = sum(level.products for level in work), sum(level.values for level in work)
    return len(spec.training.seeds) * (PRODUCT * products / 3 + rates.value * values)


def forward_mb(spec: RunSpec) -> float:
    """MB that all replicas take for a block of images, forward alone."""
    largest = max(level.values for level in levels(spec.network))
    copies = RATES.get(spec.network.architecture, UNKNOWN).copies
    return copies * FLOAT * len(spec.training.seeds) * BLOCK * largest / MIB


def train(spec: RunSpec) -> Needs:
    """What a training job takes: its steps, its trials and its evaluations, all seeds side by side."""
    network, training, work = spec.network, spec.training, levels(spec.network)
    replicas, rates = len(training.seeds), RATES.get(network.architecture, UNKNOWN)
    products, values = sum(level.products for level in work), sum(level.values for level in work)
    step = training.batch * replicas * (PRODUCT * products + rates.value * values) + rates.level * len(work)
    backward = 2 * rates.copies * FLOAT * replicas * training.batch * values / MIB
    sites = 0 if symbolic(network) else prod(network.sites) * network.local_dimension  # prepared, as floats
    inputs = FLOAT * sites * evaluated(spec.dataset) / MIB
    memory = TORCH + max(inputs + max(backward, forward_mb(spec)), calibration(spec))
    weights = FLOAT * replicas * sum(level.parameters for level in work) / MIB
    return Needs(
        seconds=STARTUP + tried_steps(spec) * step + evaluations(spec) * forward_seconds(spec),
        memory=memory + 2 * pixels(spec.dataset) / MIB,
        disk=1 + weights * (4 + len(training.snapshots)),  # a checkpoint has Adam's two moments beside the weights
    )


def measure(spec: RunSpec, wanted: MeasureSpec) -> Needs:
    """What measuring a run's networks takes: every partition of each, and truncations of the trained ones."""
    network, replicas, width = spec.network, len(spec.training.seeds), max(spec.network.widths)
    circuit = network.architecture in CIRCUITS
    engine = (REPLICAS * width**5 if len(network.widths) > 1 else SVD * width**3) if circuit else 0.0
    networks = replicas * (1 + len(spec.training.snapshots))
    seconds = STARTUP + networks * (OVERHEAD + len(wanted.partitions) * (OVERHEAD + engine))
    engines = wanted.partitions or wanted.bonds or wanted.ranks
    memory = MEASURE + calibration(spec) + (engine_mb(network) if engines else 0)
    if wanted.ranks:
        products = sum(level.products for level in levels(network))
        seconds += replicas * len(wanted.ranks) * tested(spec.dataset) * TRUNCATED * products
        memory += 2 * pixels(spec.dataset) / MIB
    if wanted.missing:
        tests = len(wanted.missing.kinds) * len(wanted.missing.rates)
        seconds += (1 + tests * len(wanted.missing.imputations)) * tested(spec.dataset) * forward_seconds(spec)
        memory += forward_mb(spec) + 2 * pixels(spec.dataset) / MIB
        if "neighbour" in wanted.missing.imputations:
            seconds += NEIGHBOUR * replicas * tests * tested(spec.dataset) * pixels(spec.dataset)
            memory += 2 * DOUBLE * pixels(spec.dataset) / MIB
    if wanted.dependence:
        own, moments = wanted.dependence, {0, *spec.training.snapshots, spec.training.steps}
        # of the trained ones without a condition, and of each class, by half as many rows and columns
        draws = len(moments) + (1 + network.classes) / 4 * own.controls + own.label_score + bool(own.vectors)
        seconds += COMPOSITE * replicas * len(own.partitions) * draws * own.samples**2
        memory += COMPOSITES + DOUBLE * COPIES * network.classes * own.samples**2 / MIB + pixels(spec.dataset) / MIB
    return Needs(seconds, memory, disk=1)


def engine_mb(network: NetworkSpec) -> int:
    """MB that the engine which takes any partition needs: r⁴ numbers a level and r² a site by Rényi-2, or r² in all."""
    width, depth = max(network.widths), len(network.widths)
    if network.architecture not in CIRCUITS:
        return 0
    if depth == 1:
        return ceil(DOUBLE * 9 * width**2 / MIB)
    # where weights have signs, all but the weights goes with bounds on its rounding
    copies = 2 if network.options.get("weights") == "signed" else 1
    # overlaps and weights of fewer than 2 N nodes, and some times those of the sites while they are mapped
    pairs = (16 + 2 * copies) * prod(network.sites) * max(width, states(network)) ** 2
    return ceil(DOUBLE * ((copies * depth + 1 + 2 * copies) * width**4 + pairs) / MIB)


def states(network: NetworkSpec) -> int:
    """Local dimension of a network's circuit: a mixture's with categorical leaves has the values of a pixel."""
    categorical = network.architecture == "mixture" and network.options.get("leaves") == "categorical"
    return int(network.options.get("brightest", 1)) + 1 if categorical else network.local_dimension


def pixels(spec: DatasetSpec) -> int:
    """Pixels of all images of a dataset, a byte each."""
    images = sum(int(spec.parameters.get(name, 0)) for name in IMAGES)
    return images * int(spec.parameters.get("side", spec.parameters.get("canvas", 32))) ** 2


def dataset(spec: DatasetSpec) -> Needs:
    """What rendering a dataset takes."""
    size = pixels(spec)
    return Needs(seconds=LIGHT + PIXEL * size, memory=NUMPY + 4 * size / MIB, disk=1 + size / MIB)


def theory(scale: str) -> Needs:
    """What the largest theory job takes of those that no smaller scale asks for."""
    return THEORY[scale]
