"""Clones of the working tree, and one finished small run that every pipeline test starts from."""

import os
import shutil
from pathlib import Path

import pytest
from clones import Clone, copy_checkout
from filelock import FileLock
from offline import CAN_CUT, CUT_OFF, SITECUSTOMIZE


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """A clone without results."""
    return copy_checkout(tmp_path / "clone")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the small run has ended, without network or pickles; don't change it: take `clone`."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    clone, done = Clone(shared / "finished"), shared / "finished.done"
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            copy_checkout(clone.path)
            (clone.path / "workflow/sitecustomize.py").write_text(SITECUSTOMIZE)
            before = CUT_OFF if CAN_CUT else ()
            clone.run(*before, "snakemake", "--cores", "2", "--configfile", "tiny.yaml")
            done.write_text("cut off" if CAN_CUT else "with what network there is")
    return clone


@pytest.fixture
def clone(finished: Clone, tmp_path: Path) -> Clone:
    """A clone with finished results, to be changed at will."""
    shutil.copytree(finished.path, tmp_path / "clone", symlinks=True)
    return Clone(tmp_path / "clone")
