"""What decomposing every bond of a circuit takes, and evaluating circuits on images: counted from shapes alone."""

from collections.abc import Sequence

from convac.circuits.tree import Circuit

SMALL = 10**4  # of LAPACK's call for one matrix, in operations
SVD = 20  # of the cube of a core's sides
PASSES = 12  # over a number of a factor: logarithms, norms, quotients
VALUES = 24  # and over a value that a level gives an image: largest magnitudes, quotients, products


def joining(count: int, rows: int, others: int, channels: int) -> int:
    """Operations of pooling `count` pairs of factors."""
    long = rows * others
    compressed = 2 * long * channels**2 + SMALL if long > channels else 0
    return count * (PASSES * long * channels + compressed)


def mapping(count: int, rows: int, into: int, out: int) -> int:
    """Operations of a map of `count` factors' channels."""
    compressed = 2 * rows * out**2 + SMALL if rows > out else 0
    return count * (2 * rows * into * out + PASSES * (into + rows) * out + compressed)


def decomposing(circuit: Circuit, block: int) -> tuple[int, int]:
    """Bytes and operations of `truncation.bonds_of`, whose products are made in blocks of so many numbers."""
    tree, channels = circuit.tree, (circuit.local_dimension, *circuit.widths)
    rows, rounds, below, held, operations, largest, product = channels[0], [], [], 0, 0, 0, 0
    for into, out, window, positions in zip(channels, channels[1:], tree.windows, tree.positions, strict=False):
        operations += mapping(positions, rows, into, out)
        largest = max(largest, positions * into * out)
        rows, count, parents = min(rows, out), window, positions // window
        own = [(count, rows)]
        while count > 1:
            count = -(-count // 2)
            operations += joining(parents * count, rows, rows, out)
            product = max(product, parents * count * rows**2 * out)
            rows = min(rows**2, out)
            own.append((count, rows))
        # channels and, as many by as many, bounds of their rounding
        held += sum(parents * number * (size + out) * out for number, size in own)
        rounds.append(own)
        below.append(rows)
    above = min(circuit.classes, channels[-1])
    for level in range(tree.levels, 0, -1):
        width, positions = channels[level], tree.positions[level]
        smaller = min(below[level - 1], above)
        operations += positions * (2 * below[level - 1] * above * (width + SVD * smaller) + SMALL)
        held += positions * (above * width + smaller * (below[level - 1] + above))
        if level > 1:
            largest = max(largest, 3 * positions * below[level - 1] * above)
        operations, above, seen = opening(rounds[level - 1], positions, above, width, operations)
        largest = max(largest, 3 * positions * seen * width)
        if level > 1:
            operations += mapping(tree.positions[level - 1], above, width, channels[level - 1])
            above = min(above, channels[level - 1])
    return 8 * (held + largest + 5 * min(block, product)), operations


def opening(
    rounds: Sequence[tuple[int, int]], positions: int, above: int, width: int, operations: int
) -> tuple[int, int, int]:
    """Operations so far with those of what each factor of a window sees; its rows, and of all of a window together."""
    seen = above
    for number, size in rounds[-2::-1]:
        operations += joining(positions * number, above, size, width)
        above = min(above * size, width)
        seen = max(seen, number * above)
    return operations, above, seen


def evaluating(circuits: Sequence[Circuit], images: int, one_hot: bool, block: int) -> tuple[int, int]:
    """Bytes and operations of `truncation.amplitudes_of`: maps and what pooling passes over, images in blocks."""
    operations, first = 0, circuits[0]
    for number, circuit in enumerate(circuits):
        channels = (circuit.local_dimension, *circuit.widths)
        for level, positions in enumerate(circuit.tree.positions[:-1]):
            if level or not number:
                into = 0 if one_hot and not level else channels[level]
                operations += positions * channels[level + 1] * (2 * into + VALUES)
    classes = sum(circuit.classes for circuit in circuits)
    widest = max(first.local_dimension, *(width for circuit in circuits for width in circuit.widths))
    held = 3 * min(max(block, first.tree.sites * widest), images * first.tree.sites * widest)
    return 8 * (images * classes + first.weights[0].size + held), images * (operations + 2 * classes * first.widths[-1])
