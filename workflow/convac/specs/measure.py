"""What is measured on the trained networks of a cell."""

from typing import Annotated, Literal

from pydantic import Field

from convac.specs.spec import Natural, Positive, Rate, Share, Spec

MARGINALISED = "marginalised"  # what a tensorial mixture model does with missing pixels, in place of an imputation


class MissingSpec(Spec):
    """Test images with missing pixels: which, how many, and what is done about them."""

    kinds: tuple[Literal["points", "rectangles"], ...] = Field(description="independent pixels, or one rectangle")
    rates: tuple[Share, ...] = Field(description="shares of missing pixels")
    imputations: tuple[Literal["marginalised", "zero", "mean", "neighbour"], ...] = Field(min_length=1)
    examples: Share | None = Field(None, description="rate at which example images of every class are shown")


class DependenceSpec(Spec):
    """How dependence on data is measured: on composites of test images, by parts of different ones."""

    partitions: tuple[str, ...] = Field(min_length=1, description="names of partitions of the pixels")
    samples: Annotated[int, Field(ge=32, le=10_000)] = Field(description="rows, and columns, of a draw, at most")
    least_pixels: Natural = Field(default=20, description="pixels other than 0 that an image has in each half")
    controls: bool = Field(default=True, description="whether trained networks are also measured without a condition")
    vectors: tuple[Positive, ...] = Field(default=(), description="Schmidt vectors of the posterior that are kept")
    label_score: bool = Field(default=False, description="whether the score behind the label is measured, too")
    learnt: Share = Field(default=0.9, description="test accuracy from which on a network counts as one that learnt")


class MeasureSpec(Spec):
    """What is measured on every trained network of a cell, and on the snapshots of its training."""

    partitions: tuple[str, ...] = Field(default=(), description="names of partitions of the sites")
    label: Natural = Field(default=1, description="class whose score is measured")
    bonds: bool = Field(default=False, description="whether the entropy of every bond is measured")
    ranks: tuple[Positive, ...] = Field(
        default=(), description="Schmidt vectors that every bond is truncated to, one by one"
    )
    matched_loss: Rate | None = Field(
        default=None, description="also the first snapshot whose training loss is as low [nats]"
    )
    missing: MissingSpec | None = Field(default=None, description="missing pixels of the test images")
    dependence: DependenceSpec | None = Field(default=None, description="dependence on data, by test images")
