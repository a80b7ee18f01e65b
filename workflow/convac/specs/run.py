"""One training job: a dataset, a network, and its training over all seeds; and the folders that jobs have."""

from typing import Annotated

from pydantic import PlainValidator, SerializeAsAny, model_validator

from convac.specs.dataset import DatasetSpec
from convac.specs.job import JobSpec
from convac.specs.kinds import reader
from convac.specs.network import NetworkSpec
from convac.specs.spec import Spec, digest, slug
from convac.specs.training import TrainingSpec


class RunSpec(Spec):
    """One training job: a dataset, a network, and its training over all seeds."""

    dataset: Annotated[SerializeAsAny[DatasetSpec], PlainValidator(reader(DatasetSpec, "dataset"))]
    network: Annotated[SerializeAsAny[NetworkSpec], PlainValidator(reader(NetworkSpec, "network"))]
    training: TrainingSpec

    @model_validator(mode="after")
    def _drawn(self) -> "RunSpec":
        drawn = self.dataset.seeds
        if drawn and drawn != self.training.seeds:
            raise ValueError(f"dataset.seeds: {list(drawn)}; accepted: those of training, {list(self.training.seeds)}")
        if drawn and self.training.trials:
            raise ValueError("training.trials: draws of several seeds have no images in common; accepted: none, use lr")
        return self

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names."""
        return self.dataset.modules + self.network.modules


def folder(spec: DatasetSpec | RunSpec | JobSpec) -> str:
    """Name of the spec's folder under `results`: readable words and the digest."""
    if isinstance(spec, RunSpec):
        network = spec.network
        words = [spec.dataset.kind, network.kind, network.geometry_name, f"w{max(network.widths)}"]
    else:
        words = [spec.kind if isinstance(spec, DatasetSpec) else spec.study]
    return f"{slug(*words)}-{digest(spec)}"
