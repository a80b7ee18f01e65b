"""Dilated networks over one or two trees: see `convac.networks.dilated`."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from convac.geometry.dilations import common_levels, levels_of
from convac.specs.network import NetworkSpec, Work
from convac.specs.spec import Positive

Operator = Literal["product", "rectifier"]
Trees = Literal["plain", "swapped", "both"]


def mixing_fault(steps: int, group: int, trees: str, mixed: Sequence[int], widths: Sequence[int]) -> str:
    """Why two trees can't exchange half of their channels after these layers, in a line; empty where they can.

    >>> mixing_fault(8, 1, "both", (1, 2), (2, 4, 3)), mixing_fault(8, 3, "both", (1,), (2, 4, 3))
    ('', 'mixed: [1]; accepted: layers that both trees have, ascending: none')
    """
    common = common_levels(levels_of(steps), group) if trees == "both" else ()
    if list(mixed) != sorted(set(mixed) & set(common)):
        accepted = ", ".join(map(str, common)) or "none"
        return f"mixed: {list(mixed)}; accepted: layers that both trees have, ascending: {accepted}"
    odd = [widths[level - 1] for level in mixed if widths[level - 1] % 2]
    return f"widths: {odd[0]} channels where trees are mixed; accepted: an even number" if odd else ""


class DilatedSpec(NetworkSpec):
    """A dilated network over a sequence: one tree, or two with an output that is their sum.

    >>> DilatedSpec(geometry="line", sites=(4,), widths=(2, 2), group=2).parameters()
    40
    """

    work: ClassVar[Work] = Work(17, 4.75, 5.0)

    operator: Operator = "product"
    trees: Trees = "both"
    group: Positive = Field(
        default=2, description="number of consecutive layers within which the companion tree swaps dilations"
    )
    mixed: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(), description="layers after which the two trees exchange half of their channels"
    )

    @model_validator(mode="after")
    def _mixes(self) -> "DilatedSpec":
        if self.geometry != "line" or len(self.sites) != 1 or self.windows is not None:
            raise ValueError("geometry: accepted: line, over one axis, with its own windows of 2")
        if fault := mixing_fault(self.sites[0], self.group, self.trees, self.mixed, self.widths):
            raise ValueError(fault)
        return self

    @property
    def count(self) -> int:
        """Number of trees."""
        return 2 if self.trees == "both" else 1

    @property
    def maps(self) -> tuple[int, ...]:
        """Linear maps of every level: one for each tree and each of the two positions in a window."""
        return (2 * self.count,) * len(self.widths)

    @property
    def taps(self) -> int:
        """Maps that a position of the level below goes through: one in each tree."""
        return self.count

    @property
    def factors(self) -> int:
        """Numbers that are kept of each value before values are pooled: one for each tree."""
        return self.count

    def counter(self) -> Callable[[Sequence[int]], int]:
        """Trained numbers of one replica as a function of the widths."""
        trees, first, classes, biased = self.count, self.local_dimension, self.classes, self.operator == "rectifier"

        def count(widths: Sequence[int]) -> int:
            weights = sum(2 * into * out for into, out in pairwise((first, *widths)))
            biases = trees * sum(widths) + classes if biased else 0
            return trees * (weights + classes * widths[-1]) + biases

        return count
