"""What mixtures take: bytes and operations from shapes alone, before anything is allocated.

An operation is a logarithm or an exponential of one number; of multiplications in products of matrices there go several
into one.
"""

from typing import TYPE_CHECKING

from convac.entanglement.limits import HANDLING
from convac.mixtures.leaves import NODES, REACH, Gaussian, refinement

if TYPE_CHECKING:
    from convac.mixtures.model import TensorialMixture

MULTIPLIED = 60  # multiplications of a product of matrices that take as long as an operation
NORMAL = 4  # operations of a normal density
LEVEL = HANDLING // 10  # what a level takes whatever its size


def evaluated(model: "TensorialMixture", batch: int) -> tuple[int, int]:
    """Of `TensorialMixture.parts`: the likelihoods of all levels are kept, and a copy of the largest's."""
    sites, states = model.leaves.shape
    leaf = sites * batch * states
    kept, largest = 0, leaf
    operations = leaf * (NORMAL if isinstance(model.leaves, Gaussian) else 1)
    for mapping in model.mappings:
        positions, above, below = mapping.shape
        numbers = positions * batch * (above + below)
        kept, largest = kept + numbers, max(largest, numbers)
        operations += LEVEL + 2 * numbers + positions * batch * above * below // MULTIPLIED
    return 8 * (kept + 2 * largest), operations


def drawn(model: "TensorialMixture", batch: int) -> tuple[int, int]:
    """Of `TensorialMixture.sample`: for each place and draw its row of a table, and a comparison with each entry."""
    sites, states = model.leaves.shape
    values = states if isinstance(model.leaves, Gaussian) else model.leaves.symbols
    largest = max([sites * batch * values, *(table.shape[0] * batch * table.shape[2] for table in model.mappings)])
    numbers = sum(table.shape[0] * batch * table.shape[2] for table in model.mappings) + sites * batch * values
    return 8 * (2 * largest + sum(table.shape[0] * batch for table in model.mappings)), numbers + LEVEL * (
        len(model.mappings) + 1
    )


def improved(model: "TensorialMixture", batch: int, steps: int) -> tuple[int, int]:
    """Of so many steps of expectation-maximisation: likelihoods, then posteriors, and the leaves' counts."""
    memory, operations = evaluated(model, batch)
    sites, states = model.leaves.shape
    values = states if isinstance(model.leaves, Gaussian) else model.leaves.symbols
    counts = sites * batch * (values + states)
    largest = max(table.shape[0] * batch * (table.shape[1] + table.shape[2]) for table in model.mappings)
    step = 2 * operations + counts + sites * batch * states * values // MULTIPLIED
    return memory + 8 * (3 * counts + 2 * largest), steps * step + operations


def enumerated(model: "TensorialMixture", configurations: int) -> tuple[int, int]:
    """Of exact entropies: a table of all configurations below every node, or the nodes of a quadrature."""
    sites, states = model.leaves.shape
    if isinstance(model.leaves, Gaussian):
        nodes = sites * states * round((12 + REACH) * NODES) * refinement(model.leaves.variances)
        mixtures = model.mappings[0].shape[1]
        return 8 * nodes * (4 * states + 3), nodes * states * (NORMAL + 2 * mixtures)
    values, operations, largest, kept = model.leaves.symbols, 0, 0, 0
    for mapping, window in zip(model.mappings, (*model.tree.windows, 1), strict=True):
        positions, above, below = mapping.shape
        operations += LEVEL + positions * above * values * (2 + below // MULTIPLIED)
        largest = max(largest, positions * values * (below + 3 * above))
        kept += 4 * positions * (above + below)
        if values**window > configurations:
            break
        values **= window
        numbers = positions // window * above * values
        operations += numbers
        largest = max(largest, 2 * numbers)
    return 8 * (kept + largest), operations
