"""What is measured on the trained networks of a cell, whatever its kind: see `convac.specs.measurements`."""

from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field, PlainValidator, SerializeAsAny

from convac.specs.kinds import Kind, reader
from convac.specs.run import RunSpec
from convac.specs.spec import Spec

DOUBLE = 8  # bytes


class Counts(NamedTuple):
    """What a measurement computes on all networks of a run.

    Attributes:
        cuts: partitions of networks that an engine measures.
        engine: whether the engine is used that takes any partition.
        truncated: images that truncated networks answer.
        images: that all replicas evaluate.
        compared: pixels that are compared for an image's neighbour.
        composites: images that are composed of two.
        held: numbers that are held at once, a byte each.
    """

    cuts: int = 0
    engine: bool = False
    truncated: int = 0
    images: int = 0
    compared: int = 0
    composites: float = 0
    held: int = 0


class MeasurementSpec(Kind):
    """Base of the measurements.

    Attributes:
        on_images: whether the dataset's images are read.
    """

    folder: ClassVar[str] = "measurements"
    room: ClassVar[str] = "measurement"
    on_images: ClassVar[bool] = True

    def counts(self, run: RunSpec) -> Counts:
        """What it computes on the networks of a run."""
        raise NotImplementedError

    def of_group(self, first: bool) -> Self:  # a kind may differ
        """What of it is measured on a group of the seeds, the first one or another."""
        return self


def images_of(run: RunSpec) -> int:
    """Pixels of all images of a run's dataset, a byte each."""
    return run.dataset.draws * run.dataset.pixels * sum(run.dataset.images)


def each_seed(run: RunSpec) -> int:
    """Pixels of all images that the seeds of a run have, those that several have counted for each."""
    return images_of(run) * len(run.training.seeds) // run.dataset.draws


class MeasureSpec(Spec):
    """What is measured on every trained network of a cell, one table in all."""

    measurements: tuple[
        Annotated[SerializeAsAny[MeasurementSpec], PlainValidator(reader(MeasurementSpec, "measurements"))], ...
    ] = Field(min_length=1)

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return tuple(module for each in self.measurements for module in each.modules)

    def of_group(self, first: bool) -> "MeasureSpec":
        """What is measured on a group of the seeds, the first one or another."""
        return MeasureSpec(measurements=tuple(each.of_group(first) for each in self.measurements))
