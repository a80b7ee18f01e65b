"""Fixtures and settings of all tests: clones of the working tree, and one finished small run that many start from."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from clones import Clone, copy_checkout
from filelock import FileLock
from hypothesis import HealthCheck, settings

# no deadline: tests share the machine; a fixed seed: a failure is the same everywhere
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """A clone without results."""
    return copy_checkout(tmp_path / "clone")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the small run has ended; don't change it: take `clone`."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    clone, done = Clone(shared / "finished"), shared / "finished.done"
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            copy_checkout(clone.path)
            clone.snakemake(cores=2)
            done.touch()
    return clone


@pytest.fixture
def clone(finished: Clone, tmp_path: Path) -> Clone:
    """A clone with finished results, to be changed at will."""
    shutil.copytree(finished.path, tmp_path / "clone", symlinks=True)
    return Clone(tmp_path / "clone")
