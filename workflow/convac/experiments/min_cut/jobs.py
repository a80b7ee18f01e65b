"""Jobs of min_cut."""

from typing import Literal

from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive


class Ensemble(JobSpec):
    """Random trees × partitions of an ensemble."""

    ensemble: Literal["powers", "mixed", "shared"]
    cases: Positive
    largest: Positive


class Search(JobSpec):
    """All partitions of the smallest trees, M and widths up to a largest one."""

    sites: Positive
    widest: Positive
    largest: Positive


class Loop(JobSpec):
    """Random rings of tensors."""

    cases: Positive


class Drawing(JobSpec):
    """The tree that is drawn."""

    windows: tuple[Positive, ...]
    local_dimension: Positive
    widths: tuple[Positive, ...]
    inside: tuple[Natural, ...]


class Pairs(JobSpec):
    """Random widths of pairs trees, left against right and odd against even sites."""

    cases: Positive
    largest: Positive
