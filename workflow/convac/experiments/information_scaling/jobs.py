"""Jobs of information_scaling."""

from pydantic import Field

from convac.specs.job import JobSpec
from convac.specs.spec import Positive, Spec


class Training(Spec):
    """Expectation-maximisation on binary digits."""

    images: Positive = Field(description="training images")
    steps: Positive = Field(description="steps of expectation-maximisation")


class Statements(JobSpec):
    """Single mappings: random draws of each family, and the smallest counterexamples."""

    draws: Positive


class Measured(JobSpec):
    """Base of the jobs that measure mixtures."""

    sites: tuple[Positive, ...]
    states: Positive
    seeds: Positive
    draws: Positive
    configurations: Positive


class Mixtures(Measured):
    """Mixtures of some families, discrete or with densities."""

    densities: bool
    families: tuple[str, ...]


class Trained(Measured):
    """Mixtures trained on digits."""

    training: Training
