"""Clones of the working tree, and one finished small run that every pipeline test starts from."""

from pathlib import Path

import pytest
from clones import Clone, copy_checkout, finished_run


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """A clone without results."""
    return copy_checkout(tmp_path / "clone")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the small run has ended; don't change it: take `clone`."""
    return finished_run(tmp_path_factory, "finished", {})


@pytest.fixture
def clone(finished: Clone, tmp_path: Path) -> Clone:
    """A clone with finished results, to be changed at will."""
    return finished.copy(tmp_path / "clone")
