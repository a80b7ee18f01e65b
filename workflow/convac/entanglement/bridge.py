"""Why a rank falls below its min-cut: two mixed children of a pooling node, as a representation of a quiver.

A node pools two children with sites on both sides, generic matrices A_c (a × b) and B_c (d × e), one per channel c of
r. Summed over channels, Σ_c A_c ⊗ B_c is the bridge graph: its generic rank follows from generic extensions of
representations of the r-Kronecker quiver. When a sibling on one side shows the channel, the
rank is the dimension of Σ_c R_c ⊗ Q_c for generic subspaces: representations of the r-subspace quiver.

Sources: 2212.09794 (quantum max-flow in the bridge graph); Schofield, Proc. London Math. Soc. 65, 46 (1992), Theorem
5.4 (generic extensions by recursion).
"""

from functools import lru_cache
from math import comb, prod

import numpy as np

from convac.entanglement.limits import HANDLING, MEMORY, SECONDS, Limits
from convac.entanglement.mincut import dimensions
from convac.entanglement.sub_partitions import Node, SubPartitions, sub_partitions
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree
from convac.progress import reporter

Vector = tuple[int, ...]
Quiver = tuple[tuple[int, int], ...]  # arrows (tail, head)
USUAL = Limits()
PASSES = 4  # over each value of a form beside its multiplications: a comparison, and what collects it


def euler(quiver: Quiver, vertices: int) -> np.ndarray:
    """The Euler form ⟨α, β⟩ = Σ α_i β_i − Σ_arrows α_tail β_head as a matrix, shape (vertices, vertices)."""
    form = np.eye(vertices)
    for tail, head in quiver:
        form[tail, head] -= 1
    return form


def generic_ext(quiver: Quiver, first: Vector, second: Vector, limits: Limits = USUAL) -> int:
    """Dimension of Ext between generic representations: the largest −⟨α', β⟩ over α' that α generically contains.

    Args:
        quiver: its arrows.
        first: dimension vector α.
        second: dimension vector β.
        limits: on memory and time.

    Raises:
        MemoryLimitError, TimeLimitError: the recursion would pass a limit; before it starts.

    >>> generic_ext(((0, 1), (0, 1)), (1, 1), (1, 1))
    0
    """
    limits.check("bridge", *needed(first))
    return int((-(contained(quiver, first) @ euler(quiver, len(first)) @ np.asarray(second))).max())


def needed(whole: Vector) -> tuple[int, int]:
    """Bytes and operations of `contained`: a bit for every pair α ≤ γ, a form's value for every α' ≤ α ≤ γ."""
    count = prod(entry + 1 for entry in whole)
    largest = prod((entry + 2) ** 2 // 4 for entry in whole)  # values for one α
    memory = count**2 + 8 * (len(whole) * 3 * count + 3 * largest)
    return memory, prod(comb(entry + 3, 3) for entry in whole) * (len(whole) + PASSES) + HANDLING * count // 2


@lru_cache(maxsize=64)
def contained(quiver: Quiver, whole: Vector) -> np.ndarray:
    """Dimension vectors α of the subrepresentations that a generic one of dimension γ has, shape (count, vertices).

    These are the α with Ext(α, γ − α) = 0, so that no α' inside α has ⟨α', γ − α⟩ < 0: from the smallest α up, for
    all γ at once.
    """
    sizes = [entry + 1 for entry in whole]
    vectors = np.indices(sizes).reshape(len(sizes), -1).T.astype(np.float64)
    form = euler(quiver, len(sizes))
    inside = np.eye(len(vectors), dtype=bool)  # [γ, α]
    report = reporter(len(vectors), "dimension vector", patient=True)
    for number, own in enumerate(vectors):
        rest = np.flatnonzero((vectors <= np.asarray(whole) - own).all(axis=1))
        values = (vectors[inside[number]] @ form) @ vectors[rest].T
        inside[number + rest, number] = (values >= 0).all(axis=0)  # row-major numbers add as the vectors do
        report(number + 1, "generic extensions")
    return np.asarray(vectors[inside[-1]])


def bridge_rank(channels: int, first: tuple[int, int], second: tuple[int, int], limits: Limits = USUAL) -> int:
    """Generic rank of Σ_c A_c ⊗ B_c with A_c of shape `first` (a, b) and B_c of shape `second` (d, e).

    B presents a representation W of dimension (e, r·e − d), and the kernel is Hom(W, A) with A of dimension (b, a):
    the rank is b·e − hom(W, A) = a·d − ext(W, A).

    Raises:
        MemoryLimitError, TimeLimitError: as `generic_ext`.

    >>> bridge_rank(2, (2, 2), (2, 2))
    4
    """
    (a, b), (d, e) = first, second
    if d >= channels * e:  # the B_c show every channel apart: all that the A_c span together, e times
        return e * min(b, channels * a)
    return a * d - generic_ext(((0, 1),) * channels, (e, channels * e - d), (b, a), limits)


def subspace_rank(first: tuple[int, int], second: tuple[int, int], channels: int, limits: Limits = USUAL) -> int:
    """Dimension of Σ_c R_c ⊗ Q_c for generic R_c of dimension ρ in K^b and Q_c of dimension q in K^e.

    Args:
        first: (ρ, b).
        second: (q, e).
        channels: r, how many pairs.
        limits: on memory and time.

    Raises:
        MemoryLimitError, TimeLimitError: as `generic_ext`.

    >>> subspace_rank((2, 3), (2, 3), 2)
    7
    """
    (own, b), (other, e) = first, second
    own, other = min(own, b), min(other, e)
    star = tuple((leaf, channels) for leaf in range(channels))
    v, w = (*(own,) * channels, b), (*(e - other,) * channels, e)
    return channels * own * other - generic_ext(star, v, w, limits)


def predicted_rank(
    tree: PoolingTree,
    local_dimension: int,
    widths: tuple[int, ...],
    partition: Choice,
    *,
    memory_limit: float = MEMORY,
    time_limit: float = SECONDS,
) -> int | None:
    """The rank that the bridge gives a tree whose root pools two mixed children; per-location weights.

    The sizes of a child's matrices are its own min-cuts with the channel on either side. None when the root has
    another number of mixed children, or pure ones on both sides.

    Args:
        tree: geometry and windows over N sites.
        local_dimension: M.
        widths: r_1 … r_L.
        partition: a name, the sites of I, or a partition over the tree's sites.
        memory_limit: bytes.
        time_limit: seconds of one core.

    Raises:
        ArgumentError: a bad partition, or sizes that aren't positive integers.
        MemoryLimitError, TimeLimitError: the recursion over dimension vectors would pass a limit; before it starts.
    """
    limits = Limits(memory_limit, time_limit)
    local_dimension, widths = dimensions(tree, local_dimension, widths)
    parts = sub_partitions(tree, Partition.of(tree.shape, partition).mask)
    costs = child_costs(parts, local_dimension, widths[:-1])
    return root_prediction(parts.nodes[-1][0], parts.nodes[-2], costs[-1], widths[-1], limits)


def child_costs(parts: SubPartitions, local_dimension: int, widths: tuple[int, ...]) -> list[list[tuple[int, int]]]:
    """Per level below the root and node, the min-cuts with the channel outside and inside of I."""
    costs = [[(local_dimension, 1) if node.side else (1, local_dimension) for node in parts.nodes[0]]]
    for nodes, width in zip(parts.nodes[1:-1], widths, strict=True):
        below = costs[-1]
        through = [width * prod(min(below[child]) for child in node.children) for node in nodes]
        whole = [[prod(below[child][side] for child in node.children) for side in (0, 1)] for node in nodes]
        costs.append([(min(out, cut), min(into, cut)) for (out, into), cut in zip(whole, through, strict=True)])
    return costs


def root_prediction(
    root: Node, below: tuple[Node, ...], costs: list[tuple[int, int]], channels: int, limits: Limits
) -> int | None:
    """The prediction for a root with two mixed children, from their costs."""
    mixed = [child for child in root.children if below[child].side is None]
    pure = [child for child in root.children if below[child].side is not None]
    if len(mixed) != 2:
        return None
    (a, b), (d, e) = costs[mixed[0]], costs[mixed[1]]
    sides = {below[child].side for child in pure}
    if not sides:
        return bridge_rank(channels, (a, b), (d, e), limits)
    if sides == {True} and prod(costs[child][0] for child in pure) >= channels:
        return subspace_rank((min(a, b), b), (min(d, e), e), channels, limits)
    if sides == {False} and prod(costs[child][1] for child in pure) >= channels:
        return subspace_rank((min(a, b), a), (min(d, e), d), channels, limits)
    return None
