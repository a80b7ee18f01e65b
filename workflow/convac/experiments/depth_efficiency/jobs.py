"""Jobs of depth_efficiency."""

from convac.specs.job import JobSpec
from convac.specs.spec import Positive


class Ranks(JobSpec):
    """Exact ranks of deep and shallow circuits: every number of sites × M × r."""

    sites: tuple[Positive, ...]
    local_dimensions: tuple[Positive, ...]
    widths: tuple[Positive, ...]


class Epsilon(JobSpec):
    """ε-ranks of random deep circuits."""

    sites: tuple[Positive, ...]
    width: Positive
    draws: Positive


class Rectifiers(JobSpec):
    """Grid tensors of random rectifier networks."""

    sites: tuple[Positive, ...]
    width: Positive
    draws: Positive
