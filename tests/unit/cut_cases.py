"""Trees, dimensions and partitions, drawn; what the library says of their cuts, and how the explorer is asked."""

import numpy as np

from convac.entanglement.mincut import rounded_min_cut, split_windows_bound, symmetric_min_cut, tree_min_cut
from convac.geometry.partitions import PARTITIONS, Partition
from convac.geometry.trees import GEOMETRIES, PoolingTree

SHAPES = [(1, 2), (1, 8), (1, 27), (1, 30), (2, 2), (2, 6), (3, 5), (4, 4), (4, 12), (6, 6), (8, 8), (7, 4), (16, 16)]
NAMES = [name for name in GEOMETRIES if name != "random"]
# what a script returns of one case, as text: BigInt is no JSON
ASK = """
(({rows, columns, geometry, dimension, widths, partition, inside}) => {
  const tree = poolingTree(geometry, rows, columns);
  const sites = upTo(rows * columns);
  const mask = partition ? namedMask(partition, rows, columns) : sites.map(site => inside.includes(site));
  const cut = smallestCut(tree, dimension, widths, mask);
  return {
    order: tree.order, windows: tree.windows, inside: sites.filter(site => mask[site]),
    cut: String(cut.value),
    bonds: cut.bonds.map(bond => [bond.kind, bond.level, bond.position, String(bond.dimension)]),
    symmetric: String(symmetricCut(tree, dimension, widths, mask)),
    rounded: String(roundedCut(tree, dimension, widths, mask)),
    split: String(splitWindows(tree, dimension, widths, mask)),
    logarithm: logarithm(cut.value),
  };
})
"""


def drawn_cases(count):
    """As many cases, the same ones every time: named partitions and others, small dimensions and large ones."""
    generator = np.random.default_rng(21)
    return [drawn(generator) for _ in range(count)]


def drawn(generator):
    """One case, as the fields of the page have it."""
    shape = SHAPES[generator.integers(len(SHAPES))]
    fitting = [name for name in NAMES if name != "mirror" or all(side & (side - 1) == 0 for side in shape)]
    tree = PoolingTree.named(fitting[generator.integers(len(fitting))], shape)
    largest = [3, 9, 200][generator.integers(3)]
    named = list(PARTITIONS)[generator.integers(len(PARTITIONS))]
    mask = generator.random(tree.sites) < generator.uniform(0.2, 0.8)
    mask[generator.permutation(tree.sites)[:2]] = [True, False]
    try:
        Partition.of(shape, named)
    except ValueError:  # the name leaves a side empty
        named = None
    return {
        "rows": shape[0],
        "columns": shape[1],
        "geometry": next(name for name in fitting if PoolingTree.named(name, shape) == tree),
        "dimension": int(generator.integers(1, largest + 1)),
        "widths": generator.integers(1, largest + 1, tree.levels).tolist(),
        "partition": named if generator.random() < 0.4 else None,
        "inside": np.flatnonzero(mask).tolist(),
    }


def told(case):
    """What the library says of a case, in the form of `ASK`."""
    shape = (case["rows"], case["columns"])
    tree = PoolingTree.named(case["geometry"], shape)
    partition = Partition.of(shape, case["partition"] or case["inside"])
    given = (tree, case["dimension"], case["widths"], partition)
    cut = tree_min_cut(*given)
    return {
        "order": list(tree.order),
        "windows": list(tree.windows),
        "inside": list(partition.inside),
        "cut": str(cut.value),
        "bonds": [[bond.kind, bond.level, bond.position, str(bond.dimension)] for bond in cut.bonds],
        "symmetric": str(symmetric_min_cut(*given)),
        "rounded": str(rounded_min_cut(*given)),
        "split": str(split_windows_bound(*given)),
        "logarithm": cut.log,
    }


def assert_equal(found, case):
    """Every number of the page is the library's."""
    expected = told(case)
    assert abs(found.pop("logarithm") - expected.pop("logarithm")) <= 1e-9 * max(1.0, len(expected["cut"])), case
    assert found == expected, case
