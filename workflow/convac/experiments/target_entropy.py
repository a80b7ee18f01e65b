"""target_entropy: how much entanglement do the target functions of image classification have, and by which law?

Source: 1710.05520 (Zhang), which proves a sub-volume bound for target functions of reasonable image classification
problems. Only its abstract is known here: tasks, conventions and thresholds are ours. Exact values throughout, but for
image classes that are known by samples.
"""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from convac.claims.claims import Claim, Labels, equality
from convac.contract.experiment import Cell, Experiment
from convac.errors import ArgumentError
from convac.specs import Natural, Positive, Scalar, Spec, TheorySpec

Sides = tuple[Positive, Positive]
PIXELS = 20  # of an image whose functions are listed
LEAST = 3  # different sizes that a law of two parameters is fitted to
BLOCK = 1000  # pixels of the largest block, whose rank must fit a float


class ImageClasses(Spec):
    """Image classes that are known by samples: their images are shrunk and binarised."""

    tasks: tuple[Literal["digits", "closedness", "symmetry"], ...] = Field(
        min_length=1, description="digits (even or odd), or one of the two tasks on blobs"
    )
    sides: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(min_length=4, description="pixels along an image")
    samples: Annotated[Positive, Field(ge=8)] = Field(description="images of each seed, no two seeds share one")
    seeds: Positive


class Block(Experiment):
    """Config of target_entropy."""

    images: tuple[Sides, ...] = Field(min_length=1, description="images whose functions are listed; up to 20 pixels")
    draws: Positive = Field(description="random functions of the same mean beside each of them")
    block_image: Sides = Field(description="the image whose rectangles and named partitions are measured")
    halves: Natural = Field(description="random halves of its pixels, also measured")
    heights: tuple[Annotated[int, Field(ge=2, le=31)], ...] = Field(
        min_length=4, description="square blocks, half of an image of height × 2·height, of tasks with exact spectra"
    )
    scan_heights: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(
        min_length=4, description="the same for tasks that a scan of columns decides"
    )
    strip_height: Annotated[int, Field(ge=2, le=6)] = Field(description="height of the blocks that grow in length")
    lengths: tuple[Positive, ...] = Field(min_length=4, description="their lengths, for tasks with exact spectra")
    scan_lengths: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        min_length=4, description="the same for tasks that a scan decides"
    )
    classes: ImageClasses = Field(description="classes of images that are known by samples")

    @model_validator(mode="after")
    def _fits(self) -> "Block":
        for sides in (*self.images, self.block_image):
            if not sides[1] >= 2 or not math.prod(sides) <= PIXELS:
                raise ValueError(f"images, block_image: {list(sides)}; accepted: at least 2 columns, 20 pixels at most")
        if len(set(self.classes.sides)) < LEAST:
            given = list(self.classes.sides)
            raise ArgumentError(f"classes.sides: {given}; accepted: at least {LEAST} different ones, a law is fitted")
        if self.strip_height * max(self.lengths) > BLOCK:
            raise ValueError(f"lengths: {max(self.lengths)}; accepted: strip_height × length up to {BLOCK}")
        return self


def cells(block: Block) -> list[Cell]:
    """One job each for listed functions, blocks of one image, exact families, scans, and classes known by samples."""
    heights, widths = zip(*block.images, strict=True)
    parts: dict[str, dict[str, Scalar | tuple[Scalar, ...]]] = {
        "listed": {"heights": heights, "widths": widths, "draws": block.draws},
        "blocks": {"sites": block.block_image, "halves": block.halves},
        "families": {"heights": block.heights, "strip_height": block.strip_height, "lengths": block.lengths},
        "scans": {"heights": block.scan_heights, "strip_height": block.strip_height, "lengths": block.scan_lengths},
        "data": block.classes.model_dump(),
    }
    return [Cell(TheorySpec(study="target_entropy", parameters={"part": name, **own})) for name, own in parts.items()]


FIGURES = {
    "": "Entropy of half of an image against its size, by task and convention: square blocks, and strips.",
    "rank": "Logarithm of the exact rank of the same blocks, a bound on the entropy under any weights of the pixels.",
    "exponents": "Exponent of the entropy in the block's sites over the four largest sizes, with 95 % intervals.",
    "conventions": "Entropy of every task on all images of a size by convention, beside random functions of its mean.",
    "blocks": "Entropy and logarithm of the rank of rectangles at an image's corner against their size.",
    "boundary": "Entropy and logarithm of the rank of half of an image's pixels against the boundary of that half.",
    "classes": "Entropy of digits and blobs from samples against their resolution, with intervals over samples.",
}

PAPER = "1710.05520 (Zhang), abstract; tasks and thresholds are ours"
OURS = "ours"
GRADED = ("majority", "symmetry score", "pattern", "loop", "percolation")
LARGER = ("3×4", "4×4", "4×5")  # listed images that claims are about


def slower(name: str, statement: str, tasks: tuple[str, ...], margin: float, where: Labels, source: str) -> Claim:
    """The exponent's upper end lies below that of a random function's entropy by at least a margin."""
    return Claim(
        id=f"target-entropy-{name}",
        statement=f"{statement}: exponent’s upper end is {margin:g} or more below a random function’s",
        source=source,
        where={"convention": "centred", "task": tasks, **where},
        first={"quantity": "random_exponent"},
        second={"quantity": "exponent_high"},
        by=("task", "shape"),
        kind="exact",
        threshold=margin,
        expected=(1.0, 0.05),
    )


def order(
    name: str, statement: str, where: Labels, first: Labels, second: Labels, by: tuple[str, ...], source: str = OURS
) -> Claim:
    """One entropy exceeds another on every listed image by at least 0.25 nats."""
    return Claim(
        id=f"target-entropy-{name}",
        statement=f"{statement} by 0.25 nats or more, images of 12 to 20 pixels",
        source=source,
        where={"method": "listed", "sites": LARGER, **where},
        first=first,
        second=second,
        by=by,
        kind="exact",
        threshold=0.25,
        expected=(5.0, 1.2),
    )


def equal(
    name: str, statement: str, first: str, second: str, where: Labels, slack: float, by: tuple[str, ...]
) -> tuple[Claim, Claim]:
    """Two quantities agree up to a slack."""
    return equality(
        Claim(
            id=f"target-entropy-{name}",
            statement=statement,
            source=OURS,
            where=where,
            first={"quantity": first},
            second={"quantity": second},
            by=by,
            kind="exact",
            threshold=-slack,
            expected=(8.0, 4.0),
        )
    )


def sampled(name: str, statement: str, where: Labels, first: str, second: str, threshold: float) -> Claim:
    """A comparison over independent samples of images."""
    return Claim(
        id=f"target-entropy-class-{name}",
        statement=statement,
        source=PAPER,
        where={"method": "data", **where},
        first={"quantity": first},
        second={"quantity": second},
        by=("task",),
        threshold=threshold,
        expected=(1.0, 0.5),
    )


SIZE = ("method", "task", "shape", "sites")
GROWTH = "from samples, entropy grows slower than the block: exponent over 0.25 below a random function’s"

CLAIMS = (
    slower("sub-volume", "Tasks but strict symmetry: entropy grows slower than the block", GRADED, 0.25, {}, PAPER),
    slower(
        "unqualified-sub-volume",
        "All tasks: entropy grows slower than the block",
        (*GRADED, "strict symmetry"),
        0.25,
        {},
        PAPER,
    ),
    slower(
        "area",
        "Majority and scanned tasks: entropy doesn’t grow with a strip, whose boundary is fixed",
        ("majority", "pattern", "loop", "percolation"),
        0.9,
        {"shape": "strip"},
        OURS,
    ),
    slower(
        "unqualified-area",
        "Symmetry score: entropy doesn’t grow with a strip, whose boundary is fixed",
        ("symmetry score",),
        0.9,
        {"shape": "strip"},
        OURS,
    ),
    *equal(
        "exponent",
        "Exponent within 0.05 of 1 for strict symmetry, ½ for the symmetry score, 0 for majority and parity",
        "exponent",
        "predicted_exponent",
        {"method": "closed form"},
        0.05,
        ("task", "shape", "convention"),
    ),
    *equal(
        "volume",
        "Strict mirror symmetry, indicator: entropy is n ln 2 for n pixels of the left half",
        "entropy",
        "largest_entropy",
        {"task": "strict symmetry", "convention": "indicator"},
        1e-9,
        SIZE,
    ),
    order(
        "flip-sign",
        "Convention sign: majority has more entropy than strict symmetry",
        {"quantity": "entropy", "convention": "sign"},
        {"task": "majority"},
        {"task": "strict symmetry"},
        ("sites",),
    ),
    order(
        "flip-indicator",
        "Convention indicator: strict symmetry has more entropy than majority",
        {"quantity": "entropy", "convention": "indicator"},
        {"task": "strict symmetry"},
        {"task": "majority"},
        ("sites",),
    ),
    order(
        "control",
        "Tasks but strict symmetry have less entropy than random functions of their mean",
        {"convention": "centred", "task": (*GRADED, "parity")},
        {"quantity": "control_entropy"},
        {"quantity": "entropy"},
        ("task", "sites"),
        PAPER,
    ),
    order(
        "control-strict",
        "Strict symmetry has more entropy than random functions of its mean",
        {"convention": "centred", "task": "strict symmetry"},
        {"quantity": "entropy"},
        {"quantity": "control_entropy"},
        ("task", "sites"),
    ),
    *equal(
        "rank",
        "Ranks of counting tasks: majority’s is one per pixel of a side and one more, parity’s 1, by indicator 2",
        "target_rank",
        "rank_law",
        {"task": ("majority", "parity")},
        0.0,
        (*SIZE, "convention"),
    ),
    *equal(
        "percolation-rank",
        "Percolation’s rank is 2^height, by indicator one less",
        "target_rank",
        "rank_law",
        {"task": "percolation"},
        0.0,
        (*SIZE, "convention"),
    ),
    sampled(
        "labels",
        "4×4 pixels: shuffled labels have over 0.1 nats more entropy than digits’ and blobs’ own",
        {"side": 4},
        "shuffled_entropy",
        "data_entropy",
        0.1,
    ),
    sampled("digits", f"Digits {GROWTH}", {"task": "digits"}, "random_exponent", "data_exponent", 0.25),
    sampled(
        "closedness", f"Blobs’ closedness {GROWTH}", {"task": "closedness"}, "random_exponent", "data_exponent", 0.25
    ),
    sampled("symmetry", f"Blobs’ symmetry {GROWTH}", {"task": "symmetry"}, "random_exponent", "data_exponent", 0.25),
)
