"""The ensembles of min_cut: how many of their cases put a prediction to the test."""

from itertools import islice

import pytest

from convac.entanglement.mincut import symmetric_min_cut
from convac.experiments.min_cut.compute import Case, drawn_cases


def prediction(kind, case):
    if kind != "shared":
        return case.cut
    return symmetric_min_cut(case.tree, case.local_dimension, case.widths, case.inside)


# sizes and predictions of each ensemble at laptop, equal ones once, whose prediction lies below M^min(|I|, |Iᶜ|)
NONTRIVIAL = {"powers": 394, "mixed": 780, "shared": 904}


@pytest.mark.parametrize("kind", list(NONTRIVIAL))
def test_at_least_200_sizes_put_a_prediction_to_the_test(kind):
    """With the laptop config's 1,500 cases and cuts up to 128."""
    found = set()
    for case in islice(drawn_cases(kind, 128), 1500):
        predicted = prediction(kind, case)
        if predicted < case.trivial:
            found.add((case.windows, case.local_dimension, case.widths, predicted))
    assert len(found) == NONTRIVIAL[kind] >= 200


def test_the_sites_of_the_smaller_side_bound_the_rank():
    case = Case((2, 2), 3, (9, 9), (0, 1, 2))
    assert case.trivial == 3 == case.rank(False)
