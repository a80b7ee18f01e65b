"""Bonds of a network's circuit, for the measurements that need them."""

from math import inf
from typing import NamedTuple

import numpy as np

from convac.circuits.tree import Circuit
from convac.entanglement import measures
from convac.entanglement.truncation import Bonds, bond_spectra, bonds_of
from convac.errors import ArgumentError, PrecisionError
from convac.networks.base import Network
from convac.progress import LOG


class Decomposed(NamedTuple):
    """A circuit, its bonds, and their Schmidt probabilities by level."""

    circuit: Circuit
    bonds: list[Bonds]
    spectra: list[np.ndarray]


def decomposed(network: Network, replica: int) -> Decomposed | None:
    """The bonds of one replica; None, and a line in the log, where there is nothing that can be measured.

    That is a tensor that is zero, or whose entropies rounding may have moved too far.
    """
    circuit = network.circuit(replica)
    try:
        bonds = bonds_of(circuit, memory_limit=inf, time_limit=inf)  # a job's limits are its scheduler's
        return Decomposed(circuit, bonds, bond_spectra(circuit, bonds))
    except (ArgumentError, PrecisionError) as error:
        if isinstance(error, ArgumentError) and str(error) != measures.ZERO:
            raise
        LOG.info("seed %d, bonds: %s", network.seeds[replica], error)
        return None
