"""Jobs of architecture_advice: networks over candidate trees, over width profiles, and advice where there is none."""

from typing import Annotated, Literal, get_args

from pydantic import Field, PlainValidator, SerializeAsAny

from convac.specs.dataset import DatasetSpec
from convac.specs.job import JobSpec
from convac.specs.kinds import reader
from convac.specs.network import Sharing, Weights
from convac.specs.networks.arithmetic import Initialisation
from convac.specs.spec import Natural, Positive
from convac.specs.training import Schedule

Dataset = Annotated[SerializeAsAny[DatasetSpec], PlainValidator(reader(DatasetSpec, "dataset"))]
ADVISED, BEST = "advised", "best"
MIRROR_COLUMNS, REARRANGED = "mirror columns", "rearranged"
Named = Literal["square", "mirror", "mirror columns", "line", "dilated", "random"]
CANDIDATES = (*get_args(Named), REARRANGED, "structured", "free")


class OnImages(JobSpec):
    """Base of the jobs: images of one task, drawn separately for each seed."""

    dataset: Dataset = Field(description="dataset of the first seed")
    seeds: tuple[Natural, ...] = Field(min_length=1)
    classes: Positive = Field(description="number of classes; labels are taken modulo it")

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names: those of its dataset, too."""
        return (*self.dataset.modules, *super().modules)  # the last one computes

    def dataset_of(self, seed: int) -> DatasetSpec:
        """The dataset of a seed."""
        return self.dataset.model_copy(update={"seed": seed})


class Trained(OnImages):
    """Base of the jobs that train networks."""

    sharing: Sharing = Field(
        description="sharing of weights: over all positions, or over those at equal places in their windows"
    )
    weights: Weights = "positive"
    initialisation: Initialisation | None = None
    training: Schedule


class Trees(Trained):
    """ConvACs of equal widths over every candidate tree."""

    geometries: tuple[Named, ...] = Field(
        min_length=1, description="named trees to compare with those that were searched for"
    )
    width: Positive = Field(description="channels of every level")
    trials: Natural = Field(description="number of best-scored candidates between which short trials decide; 0: none")


class Profiles(Trained):
    """ConvACs of equal parameters over the square tree."""

    budget: Positive = Field(description="largest number of parameters of the advised widths")
    profiles: tuple[str, ...] = Field(min_length=1, description="width profiles compared with the advised one")


class Silence(OnImages):
    """Advice on images whose classes differ in no pair of sites."""
