"""Jobs of data_entanglement."""

from convac.specs.datasets.blobs import BlobTask
from convac.specs.job import JobSpec
from convac.specs.spec import Natural, Positive


class Geometries(JobSpec):
    """Entanglement of blobs under the canonical partitions of several trees: which tree a dataset asks for."""

    task: BlobTask
    side: Positive
    rendered: Positive
    geometries: tuple[str, ...]
    seeds: tuple[Natural, ...]
