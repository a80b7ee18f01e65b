"""Why a rank falls below its min-cut: two mixed children of a pooling node, as a representation of a quiver.

A node pools two children with sites on both sides, generic matrices A_c (a × b) and B_c (d × e), one per channel c of
r. Summed over channels, Σ_c A_c ⊗ B_c is the bridge graph: its generic rank follows from generic extensions of
representations of the r-Kronecker quiver. When a sibling on one side shows the channel, the
rank is the dimension of Σ_c R_c ⊗ Q_c for generic subspaces: representations of the r-subspace quiver.

Sources: 2212.09794 (quantum max-flow in the bridge graph); Schofield, Proc. London Math. Soc. 65, 46 (1992), Theorem
5.4 (generic extensions by recursion).
"""

from functools import cache
from itertools import product
from math import prod

from convac.entanglement.mincut import Node, SubPartitions, dimensions, sub_partitions
from convac.geometry.partitions import Choice, Partition
from convac.geometry.trees import PoolingTree

Vector = tuple[int, ...]
Quiver = tuple[tuple[int, int], ...]  # arrows (tail, head)
LARGEST = 500  # sizes times channels; beyond, there is no prediction


def euler(quiver: Quiver, first: Vector, second: Vector) -> int:
    """The Euler form ⟨α, β⟩ = Σ α_i β_i − Σ_arrows α_tail β_head."""
    own = sum(one * other for one, other in zip(first, second, strict=True))
    return own - sum(first[tail] * second[head] for tail, head in quiver)


@cache
def generic_ext(quiver: Quiver, first: Vector, second: Vector) -> int:
    """Dimension of Ext between generic representations: the largest −⟨α', β⟩ over α' that α generically contains.

    >>> generic_ext(((0, 1), (0, 1)), (1, 1), (1, 1))
    0
    """
    return max(
        -euler(quiver, part, second)
        for part in product(*(range(entry + 1) for entry in first))
        if inside(quiver, part, first)
    )


def inside(quiver: Quiver, part: Vector, whole: Vector) -> bool:
    """Whether a generic representation has a subrepresentation of that dimension: Ext(α', α − α') = 0."""
    rest = tuple(entry - own for entry, own in zip(whole, part, strict=True))
    return not any(part) or not any(rest) or generic_ext(quiver, part, rest) == 0


def bridge_rank(channels: int, first: tuple[int, int], second: tuple[int, int]) -> int:
    """Generic rank of Σ_c A_c ⊗ B_c with A_c of shape `first` (a, b) and B_c of shape `second` (d, e).

    B presents a representation W of dimension (e, r·e − d), and the kernel is Hom(W, A) with A of dimension (b, a):
    the rank is b·e − hom(W, A) = a·d − ext(W, A).

    >>> bridge_rank(2, (2, 2), (2, 2))
    4
    """
    (a, b), (d, e) = first, second
    if d >= channels * e:  # the B_c show every channel apart: all that the A_c span together, e times
        return e * min(b, channels * a)
    return a * d - generic_ext(((0, 1),) * channels, (e, channels * e - d), (b, a))


def subspace_rank(first: tuple[int, int], second: tuple[int, int], channels: int) -> int:
    """Dimension of Σ_c R_c ⊗ Q_c for generic R_c of dimension ρ in K^b and Q_c of dimension q in K^e.

    Args:
        first: (ρ, b).
        second: (q, e).
        channels: r, how many pairs.

    >>> subspace_rank((2, 3), (2, 3), 2)
    7
    """
    (own, b), (other, e) = first, second
    own, other = min(own, b), min(other, e)
    star = tuple((leaf, channels) for leaf in range(channels))
    v, w = (*(own,) * channels, b), (*(e - other,) * channels, e)
    return channels * own * other - generic_ext(star, v, w)


def predicted_rank(tree: PoolingTree, local_dimension: int, widths: tuple[int, ...], partition: Choice) -> int | None:
    """The rank that the bridge gives a tree whose root pools two mixed children; per-location weights.

    The sizes of a child's matrices are its own min-cuts with the channel on either side. None when the root has
    another number of mixed children, pure ones on both sides, or sizes too large to go through.
    """
    local_dimension, widths = dimensions(tree, local_dimension, widths)
    parts = sub_partitions(tree, Partition.of(tree.shape, partition).mask)
    costs = child_costs(parts, local_dimension, widths[:-1])
    return root_prediction(parts.nodes[-1][0], parts.nodes[-2], costs[-1], widths[-1])


def child_costs(parts: SubPartitions, local_dimension: int, widths: tuple[int, ...]) -> list[list[tuple[int, int]]]:
    """Per level below the root and node, the min-cuts with the channel outside and inside of I."""
    costs = [[(local_dimension, 1) if node.side else (1, local_dimension) for node in parts.nodes[0]]]
    for nodes, width in zip(parts.nodes[1:-1], widths, strict=True):
        below = costs[-1]
        through = [width * prod(min(below[child]) for child in node.children) for node in nodes]
        whole = [[prod(below[child][side] for child in node.children) for side in (0, 1)] for node in nodes]
        costs.append([(min(out, cut), min(into, cut)) for (out, into), cut in zip(whole, through, strict=True)])
    return costs


def root_prediction(root: Node, below: tuple[Node, ...], costs: list[tuple[int, int]], channels: int) -> int | None:
    """The prediction for a root with two mixed children, from their costs."""
    mixed = [child for child in root.children if below[child].side is None]
    pure = [child for child in root.children if below[child].side is not None]
    if len(mixed) != 2:
        return None
    (a, b), (d, e) = costs[mixed[0]], costs[mixed[1]]
    if max(a, b) * max(d, e) * channels > LARGEST:
        return None
    sides = {below[child].side for child in pure}
    if not sides:
        return bridge_rank(channels, (a, b), (d, e))
    if sides == {True} and prod(costs[child][0] for child in pure) >= channels:
        return subspace_rank((min(a, b), b), (min(d, e), e), channels)
    if sides == {False} and prod(costs[child][1] for child in pure) >= channels:
        return subspace_rank((min(a, b), a), (min(d, e), d), channels)
    return None
