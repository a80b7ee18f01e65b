"""What dependencies a convolutional network can model: networks over pooling trees, their entanglement and min-cuts.

Names are loaded when they are first used, so that `import convac` stays light and engines work without torch.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Products of matrices are rounded alike wherever numbers lie in memory and on any number of cores, so that a seed's
# results are the same alone and among others. MKL reads this once, before its first product; other libraries don't.
os.environ.setdefault("MKL_CBWR", "AVX2,STRICT")

if TYPE_CHECKING:
    from convac.advice.advise import Advice as Advice
    from convac.advice.advise import advise as advise
    from convac.circuits.exchange import from_mps as from_mps
    from convac.circuits.exchange import from_tree as from_tree
    from convac.circuits.exchange import to_einsum as to_einsum
    from convac.circuits.exchange import to_numpy as to_numpy
    from convac.circuits.exchange import to_quimb as to_quimb
    from convac.circuits.files import read_circuit as read_circuit
    from convac.circuits.files import write_circuit as write_circuit
    from convac.circuits.tree import Circuit as Circuit
    from convac.circuits.tree import random_circuit as random_circuit
    from convac.circuits.tree_tensors import TreeTensorNetwork as TreeTensorNetwork
    from convac.circuits.tree_tensors import random_tree_network as random_tree_network
    from convac.entanglement.bonds import bond_spectra as bond_spectra
    from convac.entanglement.bonds import truncated as truncated
    from convac.entanglement.composites import DataDependence as DataDependence
    from convac.entanglement.composites import HeldOut as HeldOut
    from convac.entanglement.composites import data_dependence as data_dependence
    from convac.entanglement.data import DataTensor as DataTensor
    from convac.entanglement.generic_rank import generic_rank as generic_rank
    from convac.entanglement.grid import GridFunction as GridFunction
    from convac.entanglement.measure import Measurement as Measurement
    from convac.entanglement.measure import measure as measure
    from convac.entanglement.mincut import min_cut as min_cut
    from convac.entanglement.profile import Profile as Profile
    from convac.entanglement.profile import profile as profile
    from convac.entanglement.sources import site_grams as site_grams
    from convac.geometry.partitions import Partition as Partition
    from convac.geometry.trees import PoolingTree as PoolingTree
    from convac.networks.arithmetic import ConvAC as ConvAC
    from convac.networks.mixture import TensorialMixture as TensorialMixture
    from convac.networks.rectifier import ConvRect as ConvRect
    from convac.plotting.draw import draw as draw
    from convac.training.runs import load_run as load_run

    __version__: str

PUBLIC = {
    "Advice": "convac.advice.advise",
    "Circuit": "convac.circuits.tree",
    "ConvAC": "convac.networks.arithmetic",
    "ConvRect": "convac.networks.rectifier",
    "DataDependence": "convac.entanglement.composites",
    "DataTensor": "convac.entanglement.data",
    "GridFunction": "convac.entanglement.grid",
    "HeldOut": "convac.entanglement.composites",
    "Measurement": "convac.entanglement.measure",
    "Partition": "convac.geometry.partitions",
    "PoolingTree": "convac.geometry.trees",
    "Profile": "convac.entanglement.profile",
    "TensorialMixture": "convac.networks.mixture",
    "TreeTensorNetwork": "convac.circuits.tree_tensors",
    "advise": "convac.advice.advise",
    "bond_spectra": "convac.entanglement.bonds",
    "data_dependence": "convac.entanglement.composites",
    "draw": "convac.plotting.draw",
    "from_mps": "convac.circuits.exchange",
    "from_tree": "convac.circuits.exchange",
    "generic_rank": "convac.entanglement.generic_rank",
    "load_run": "convac.training.runs",
    "measure": "convac.entanglement.measure",
    "min_cut": "convac.entanglement.mincut",
    "profile": "convac.entanglement.profile",
    "random_circuit": "convac.circuits.tree",
    "random_tree_network": "convac.circuits.tree_tensors",
    "read_circuit": "convac.circuits.files",
    "site_grams": "convac.entanglement.sources",
    "to_einsum": "convac.circuits.exchange",
    "to_numpy": "convac.circuits.exchange",
    "to_quimb": "convac.circuits.exchange",
    "truncated": "convac.entanglement.bonds",
    "write_circuit": "convac.circuits.files",
}
__all__ = sorted(PUBLIC)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("convac.provenance").version()
    if name not in PUBLIC:
        raise AttributeError(f"module 'convac' has no attribute {name!r}")
    try:
        return getattr(import_module(PUBLIC[name]), name)
    except ModuleNotFoundError as error:
        if told := import_module("convac.cli").lacking(error):
            raise ImportError(f"convac.{name}: {told}") from None
        raise


def __dir__() -> list[str]:
    return sorted([*PUBLIC, "__version__"])
