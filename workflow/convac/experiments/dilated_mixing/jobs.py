"""Jobs of dilated_mixing."""

from convac.specs.job import JobSpec
from convac.specs.spec import Positive


class Ranks(JobSpec):
    """Exact ranks of two trees of dilations, of their sum, of mixed ones and of hybrids, on random index sets."""

    steps: Positive
    group: Positive
    width: Positive
    cases: Positive
    largest: Positive


class Example(JobSpec):
    """The same on the index set that the source proves its separation with."""

    steps: Positive
    group: Positive
    width: Positive


class Separations(JobSpec):
    """The same on random index sets on which a hybrid tree must exceed both trees and is itself below the full rank."""

    steps: Positive
    group: Positive
    width: Positive
    cases: Positive
    largest: Positive
