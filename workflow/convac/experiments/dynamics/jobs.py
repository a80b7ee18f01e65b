"""Jobs of dynamics."""

from typing import Literal

from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive, Rate

Task = Literal["majority", "percolation", "symmetry score", "loop", "pattern", "parity", "strict symmetry"]
Start = Literal["small", "middle", "large"]


class Descent(JobSpec):
    """Factorizations of one task's labels on all images, descended from one scale of the weights, one job."""

    task: Task
    start: Start
    scale: Rate
    width: Positive
    rate: Rate
    steps: Positive
    moments: Positive
    seeds: tuple[Natural, ...]
