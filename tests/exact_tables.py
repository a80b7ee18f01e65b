"""Datasets and functions that are hard for floating point, and their Schmidt spectra without rounding.

A float is an integer times a power of two: tensors are listed as Python's fractions, so that nothing cancels that
doesn't cancel exactly and no scale is lost. Only the listed matrix is rounded, to 62 bits below its largest entry; its
singular values are found in 80 bits.

`python tests/exact_tables.py 10000` checks that many of each; `tests/physics/test_exact_tables.py` some.
"""

import math
import sys
from collections import Counter
from fractions import Fraction
from functools import reduce

import numpy as np

from convac.entanglement import measures
from convac.entanglement.data import DataTensor
from convac.entanglement.grid import GridFunction
from convac.entanglement.measure import measure
from convac.entanglement.precision import LARGEST_ERROR
from convac.errors import ArgumentError

WIDE = np.longdouble


class Tally(Counter):
    """How often what was said, and the largest quotient |value − truth| / error of all values."""

    worst = 0.0

    def within(self, value, right, error):
        """Whether a value is off by its error at most."""
        apart = abs(value - right)
        quotient = 0.0 if apart == 0 else apart / error if error > 0 else math.inf
        self.worst = max(self.worst, math.inf if math.isnan(quotient) else float(quotient))
        return bool(quotient <= 1)


def fractions(values):
    """The same numbers, exact."""
    return np.array([Fraction(float(value)) for value in values.ravel()], dtype=object).reshape(values.shape)


def wide(entries):
    """Fractions as 80-bit numbers up to a common factor: 62 bits below the largest; zero stays zero."""
    top = max(abs(value) for value in entries.ravel())
    kept = [round(value / top * 2**62) if top else 0 for value in entries.ravel()]
    return np.array(kept, dtype=np.int64).astype(WIDE).reshape(entries.shape)


def spectrum(matrix):
    """Singular values in 80 bits, descending, by one-sided Jacobi rotations (Demmel & Veselić 1992)."""
    columns = np.array(matrix.T if len(matrix) > matrix.shape[1] else matrix, dtype=WIDE)
    top = np.abs(columns).max()
    columns = columns / top if top > 0 else columns
    for _ in range(40):
        turned = False
        for i in range(len(columns) - 1):
            for j in range(i + 1, len(columns)):
                a, b, c = columns[i] @ columns[i], columns[j] @ columns[j], columns[i] @ columns[j]
                if c == 0 or abs(c) <= WIDE(2e-19) * np.sqrt(a * b):
                    continue
                turned = True
                zeta = (b - a) / (2 * c)
                tangent = (1 if zeta >= 0 else -1) / (abs(zeta) + np.sqrt(1 + zeta * zeta))
                cosine = 1 / np.sqrt(1 + tangent * tangent)
                turn = np.array([[cosine, -cosine * tangent], [cosine * tangent, cosine]], dtype=WIDE)
                columns[[i, j]] = turn @ columns[[i, j]]
        if not turned:
            break
    return np.sort(np.sqrt((columns * columns).sum(axis=1)))[::-1]


def entropy(values):
    """−Σ p ln p in 80 bits."""
    weights = values[values > 0] ** 2
    shares = weights / weights.sum()
    return float(-(shares * np.log(shares)).sum())


def renyi2(values):
    """−ln Σ p² in 80 bits."""
    weights = values**2
    return float(-np.log((weights**2).sum() / weights.sum() ** 2))


def geometric_measure(values):
    """1 − p_1 in 80 bits."""
    weights = values**2
    return float(weights[1:].sum() / weights.sum())


MEASURES = {"entropy": entropy, "renyi2": renyi2, "geometric_measure": geometric_measure}


def matricized(tensor, inside):
    """Rows of the axes inside, columns of the others."""
    outside = [axis for axis in range(tensor.ndim) if axis not in inside]
    return tensor.transpose(*inside, *outside).reshape(math.prod(tensor.shape[axis] for axis in inside), -1)


def part(generator):
    """Zero, or any size down to below rounding."""
    return 0.0 if generator.integers(6) == 0 else 10.0 ** -generator.uniform(0, 17)


def hard_data(seed):
    """A small dataset whose samples coincide nearly, cancel, are degenerate or of any size; and some of its sites."""
    generator = np.random.default_rng(seed)
    count, sites, local = generator.integers(1, 8), generator.integers(2, 6), generator.integers(1, 4)
    features = generator.normal(size=(count, sites, local))
    labels = generator.choice([generator.normal(size=count), np.ones(count), generator.integers(-2, 3, count)])
    for _ in range(generator.integers(1, 4)):
        change = generator.integers(6)
        if change == 0:  # all near one
            features = features[:1] + part(generator) * generator.normal(size=features.shape)
            labels[0] = -labels[1:].sum() + (part(generator) if generator.integers(2) else 0.0)
        elif change == 1:  # each near one of two
            features = features[generator.integers(0, 2, count) % count]
            features = features * (1 + part(generator) * generator.normal(size=features.shape))
        elif change == 2:
            features = np.eye(local)[generator.integers(0, local, (count, sites))]
        elif change == 3:
            features = generator.integers(-2, 3, features.shape).astype(float)
        elif change == 4:
            shape = [features.shape, (count, sites, 1), (1, sites, 1), (count, 1, 1)][generator.integers(4)]
            features = features * 10.0 ** generator.uniform(-100, 100, shape)
        else:
            labels = labels * 10.0 ** generator.uniform(-100, 100, generator.choice([1, count]))
    inside = generator.permutation(sites)[: generator.integers(1, sites)].tolist()
    return DataTensor(features, labels, (int(sites),)), inside


def data_truth(data, inside):
    """Singular values of Σ_n y_n x_n1 ⊗ … ⊗ x_nN."""
    features, labels = fractions(data.features), fractions(data.labels)
    samples = [reduce(np.multiply.outer, sample) * label for sample, label in zip(features, labels, strict=True)]
    return spectrum(wide(matricized(sum(samples[1:], start=samples[0]), inside)))


def hard_table(seed):
    """Values of some classes that cancel, coincide or are of any size, their coefficients; and some of the sites."""
    generator = np.random.default_rng(seed)
    sites, local, classes = generator.integers(2, 5), generator.integers(2, 4), generator.integers(1, 4)
    table = generator.normal(size=(local**sites, classes))
    if generator.integers(2):  # of low rank
        table = np.stack(
            [reduce(np.multiply.outer, each).ravel() for each in generator.normal(size=(classes, sites, local))]
        )
        table = np.ascontiguousarray(table.T)
    output = generator.normal(size=classes)
    for _ in range(generator.integers(1, 4)):
        change = generator.integers(5)
        if change == 0:  # classes that coincide nearly, and cancel
            table = table[:, :1] * (1 + part(generator) * generator.normal(size=table.shape))
            output[0] = -output[1:].sum() if classes > 1 else output[0]
        elif change == 1:
            table = generator.integers(-1, 2, table.shape).astype(float)
        elif change == 2:
            table = table * 10.0 ** generator.uniform(-100, 100, [table.shape, (1, classes)][generator.integers(2)])
        elif change == 3:
            output = output * 10.0 ** generator.uniform(-100, 100, classes)
        else:
            output = generator.integers(-2, 3, classes).astype(float)
    weights = 10.0 ** generator.uniform(-generator.choice([0, 1, 60]), 0, local)
    inside = generator.permutation(sites)[: generator.integers(1, sites)].tolist()
    return table, output, (int(sites), int(local)), weights, inside


def table_truth(table, output, shape, weights, inside):
    """Singular values of the combination of classes; weights enter by 80-bit roots of their ratios."""
    sites, local = shape
    exact = fractions(table).dot(fractions(output)).reshape((local,) * sites)
    roots = np.sqrt(weights.astype(WIDE) / weights.max())
    exact_roots = np.array([Fraction(int(root * WIDE(2.0**400)), 2**400) for root in roots], dtype=object)
    return spectrum(wide(matricized(exact * reduce(np.multiply.outer, [exact_roots] * sites), inside)))


def table_function(table, shape):
    """The grid function that looks its values up."""
    sites, local = shape
    places = local ** np.arange(sites)[::-1]
    return lambda inputs: table[(inputs.astype(int) @ places)]


def checked_data(seed, counts):
    """What is wrong with the answer on one hard dataset."""
    data, inside = hard_data(seed)
    return faults(lambda: measure(data, inside, largest_error=math.inf), data_truth(data, inside), counts)


def checked_table(seed, counts):
    """What is wrong with the answer on one hard function."""
    table, output, shape, weights, inside = hard_table(seed)
    grid = GridFunction(table_function(table, shape), shape[:1], range(shape[1]), weights)
    truth = table_truth(table, output, shape, weights, inside)
    return faults(lambda: measure(grid, inside, output=output, largest_error=math.inf), truth, counts)


def faults(answer, truth, counts):
    """What is wrong with an answer; counts what was measured, refused and zero."""
    try:
        found = answer()
    except ArgumentError as error:
        counts["zero"] += 1
        return [] if str(error) == measures.ZERO else [str(error)]
    if not truth[0] > 0:
        return ["a zero tensor was measured"]
    counts["refused" if found.error > LARGEST_ERROR else "resolved" if found.resolved else "measured"] += 1
    wrong = []
    for name, exact in MEASURES.items():
        value, right = getattr(found, name), exact(truth)
        if not math.isnan(value) and not counts.within(value, right, found.error):
            wrong.append(f"{found.engine}: {name} {value!r}, right {right!r}, error {found.error:.2e}")
    rank = int(np.sum(truth > found.tolerance * truth[0]))
    if found.resolved and rank != found.schmidt_number:
        wrong.append(f"rank {found.schmidt_number} for {rank}")
    return wrong


def run(check, seeds):
    """A tally of what was said, and what was wrong with it."""
    counts, wrong = Tally(), []
    for seed in seeds:
        wrong += [f"{check.__name__} {seed}: {fault}" for fault in check(seed, counts)]
    return counts, wrong


def report(checks):
    """A table of what is said and wrong for as many seeds as the command line names, a row a check."""
    print("| check | said | largest error, of that stated | wrong |", "|---|---|---|---|", sep="\n", flush=True)
    for check in checks:
        counts, wrong = run(check, range(int(sys.argv[1])))
        said = ", ".join(f"{count} {what}" for what, count in counts.most_common())
        name = check.__name__.removeprefix("checked_")
        print(f"| {name} | {said} | {counts.worst:.2g} | {len(wrong)} |", *wrong[:20], sep="\n", flush=True)


if __name__ == "__main__":
    report((checked_data, checked_table))
