"""Families of weights: random tables, codebooks that reach the bound of the scaling law, unmixed components.

Source: 1802.04473 (Liu) leaves the weights open; the families are ours.
"""

import numpy as np

from convac.arrays import integer, random_generator, short
from convac.errors import ArgumentError
from convac.geometry.trees import PoolingTree
from convac.mixtures.leaves import Categorical, Gaussian, Leaves
from convac.mixtures.model import TensorialMixture

NOISE = 0.1  # weight of the noise in near-permutation tables
SPREAD = 0.05  # weight of what tells the rows of near-singular tables apart
SPARSE = 0.1  # Dirichlet parameter of sparse rows
BROAD = 16  # symbols of a broad component
APART = 40.0  # standard deviations between the components of a Gaussian codebook
KINDS = ("binary", "Gaussian")  # of leaves
Shape = tuple[int, ...]


def dirichlet(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Rows uniform among all distributions."""
    return generator.dirichlet(np.ones(shape[-1]), shape[:-1])


def sparse(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Rows with most of their weight on few states."""
    return generator.dirichlet(np.full(shape[-1], SPARSE), shape[:-1])


def permutation(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Random permutation matrices; as many states above as below."""
    if shape[1] != shape[2]:
        raise ArgumentError(f"shape: {list(shape)}; accepted: square matrices, as many states above as below")
    order = generator.permuted(np.tile(np.arange(shape[-1]), (shape[0], 1)), axis=1)
    return np.asarray(np.eye(shape[-1])[order])


def near_permutation(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """A permutation with a little of the uniform distribution in every row."""
    return (1 - NOISE) * permutation(shape, generator) + NOISE / shape[-1]


def near_singular(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Rows that are nearly equal."""
    return (1 - SPREAD) * equal_rows(shape, generator) + SPREAD * dirichlet(shape, generator)


def doubly_stochastic(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Mixtures of four permutations: columns sum to one, too, and a uniform prior above gives a uniform one below."""
    shares = generator.dirichlet(np.ones(4), shape[0])
    terms = (share[:, None, None] * permutation(shape, generator) for share in shares.T)
    return np.asarray(sum(terms, start=np.zeros(shape)))


def selection(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Every row one state: invertible if it is a permutation, else singular."""
    return np.asarray(np.eye(shape[-1])[generator.integers(shape[-1], size=shape[:-1])])


def equal_rows(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """All rows equal: rank one, the state above says nothing."""
    return np.repeat(dirichlet((shape[0], 1, shape[2]), generator), shape[1], axis=1)


FAMILIES = {
    "dirichlet": dirichlet,
    "sparse": sparse,
    "near-permutation": near_permutation,
    "near-singular": near_singular,
    "doubly stochastic": doubly_stochastic,
    "selection": selection,
    "equal rows": equal_rows,
}


def categorical(sites: int, states: int, symbols: int, generator: np.random.Generator) -> Categorical:
    """Components uniform among all distributions."""
    return Categorical(dirichlet((sites, states, symbols), generator))


def gaussian(sites: int, states: int, generator: np.random.Generator) -> Gaussian:
    """Means of deviation ½, deviations from 0.08 to 0.61: differential entropies of either sign."""
    return Gaussian(generator.normal(0, 0.5, (sites, states)), np.exp(generator.uniform(-5, -1, (sites, states))))


def random_mixture(
    family: str, tree: PoolingTree, states: int, kind: str, generator: np.random.Generator
) -> TensorialMixture:
    """A mixture whose tables, leaves and prior are drawn independently.

    Args:
        family: of the tables, one of `FAMILIES`.
        tree: sites and windows.
        states: of every hidden variable.
        kind: of the leaves, `binary` (two symbols) or `Gaussian`.
        generator: of the draws.

    Raises:
        ArgumentError: there is no such family or kind, no state, or the generator isn't one of numpy's.
    """
    if not isinstance(family, str) or family not in FAMILIES:
        raise ArgumentError(f"family: {short(family)} is unknown; accepted: {', '.join(FAMILIES)}")
    if kind not in KINDS:
        raise ArgumentError(f"kind: {short(kind)} is unknown; accepted: {', '.join(KINDS)}")
    states = integer(states, "states", least=1)
    random_generator(generator)
    tables = tuple(FAMILIES[family]((positions, states, states), generator) for positions in tree.positions[:-1])
    sites = tree.sites
    leaves = categorical(sites, states, 2, generator) if kind == "binary" else gaussian(sites, states, generator)
    return TensorialMixture(tree, leaves, tables, generator.dirichlet(np.ones(states)))


def codebook(tree: PoolingTree, alphabet: int, kind: str) -> TensorialMixture:
    """A nested codebook: every mapping adds exactly ln s to the entropy, s the alphabet.

    A state is a pair of letters (a, b). The first child of a node carries a on, the others b, each beside a fresh
    letter of its own, uniform; so the children tell their parent's state, and every fresh letter counts in full. The
    root's fresh letter is a. With s² states, each a symbol of its own, every one of the 2N − 1 mappings of the pairs
    tree adds ln s, whatever N: eq. 35 with C = ln s is an equality.

    Args:
        tree: sites and windows, all of the same size.
        alphabet: s, at least 1.
        kind: of the leaves: `Gaussian` (far apart), or else a symbol per state.
    """
    states = alphabet**2
    first, second = np.divmod(np.arange(states), alphabet)
    tables = []
    for positions, window in zip(tree.positions, tree.windows, strict=False):
        places = np.arange(positions) % window
        carried = np.where(places[:, None] == 0, first, second)  # (positions, states of the parent)
        tables.append((carried[..., None] == first) / alphabet)
    leaves: Leaves = Categorical(np.tile(np.eye(states), (tree.sites, 1, 1)))
    if kind == "Gaussian":
        means = np.tile(APART * np.arange(states), (tree.sites, 1))
        leaves = Gaussian(means, np.ones_like(means))
    return TensorialMixture(tree, leaves, tuple(tables), (second == 0) / alphabet)


def one_component(tree: PoolingTree, broad: bool) -> TensorialMixture:
    """Two components, one uniform over 16 symbols (broad), the other a single symbol (narrow); the root chooses one.

    All tables are the identity: nothing is mixed and nothing is lost. A uniform average over the states still counts
    the component that never occurs.
    """
    components = np.zeros((tree.sites, 2, BROAD))
    components[:, 0], components[:, 1, 0] = 1 / BROAD, 1.0
    tables = tuple(np.tile(np.eye(2), (positions, 1, 1)) for positions in tree.positions[:-1])
    return TensorialMixture(tree, Categorical(components), tables, np.array([1.0, 0.0] if broad else [0.0, 1.0]))
