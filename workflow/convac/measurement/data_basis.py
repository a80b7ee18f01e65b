"""Entanglement of the trained networks' amplitudes in the basis of the data's own marginals, site by site."""

from collections.abc import Iterator
from math import inf

from convac.entanglement.measure import measure
from convac.entanglement.precision import LARGEST_ERROR
from convac.entanglement.sources import site_grams
from convac.files import Arrays
from convac.geometry.partitions import Partition
from convac.measurement.trained import Row, Trained, at
from convac.networks.base import Network
from convac.specs.measurements.data_basis import DataBasisSpec


def rows(trained: Trained, wanted: DataBasisSpec) -> Iterator[Row]:
    """Rows of the trained networks alone."""
    network = trained.network(trained.last)
    for replica, seed in enumerate(trained.seeds):
        found = in_data_basis(network, replica, wanted, trained.images(replica), trained.memory_limit)
        yield from at(trained, seed, trained.last, found)


def in_data_basis(
    network: Network, replica: int, wanted: DataBasisSpec, data: Arrays, memory_limit: float
) -> Iterator[Row]:
    """Rényi-2 entropy of one class' amplitude across every partition; none that rounding may have moved too far."""
    circuit = network.circuit(replica)
    grams = site_grams(network.circuit_inputs(data["train_images"]), circuit.local_dimension)
    for name in wanted.partitions:
        found = measure(
            circuit,
            Partition.of(circuit.tree.shape, name),
            output=wanted.label,
            engine="renyi2",
            gram=grams,
            memory_limit=memory_limit,
            time_limit=inf,  # how long a job may take is its scheduler's to say
            largest_error=inf,
        )
        if found.error <= LARGEST_ERROR:
            shared = {"partition": name, "label": wanted.label, "engine": found.engine}
            yield {**shared, "quantity": "data_renyi2", "value": float(found.renyi2)}
