"""A small run, trained and computed, that faults befall: undisturbed, finished, and not begun."""

from pathlib import Path

import pytest
from clones import Clone, copy_checkout, finished_run

# two networks trained and measured, two theory jobs
SMALL = {
    "experiments": {
        "pooling_geometry": {"scales": {"smoke": {"poolings": [], "shallow_widths": [], "depths": []}}},
        "recurrent_memory": {"scales": {"smoke": {"depths": [1, 2], "widths": [1, 2], "draws": 1}}},
    }
}


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """A clone without results."""
    return copy_checkout(tmp_path / "clone", SMALL)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the run has ended without any fault; don't change it: take `clone`."""
    return finished_run(tmp_path_factory, "undisturbed", SMALL)


@pytest.fixture
def clone(undisturbed: Clone, tmp_path: Path) -> Clone:
    """A clone with finished results, to be damaged."""
    return undisturbed.copy(tmp_path / "clone")
