"""Provenance is true or null: whose commit a result names, and whether the sources are that commit's."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from convac import provenance
from convac.provenance import checkout, run_record

UNKNOWN = {"commit": None, "dirty": None}
IDENTITY = {f"GIT_{who}_{what}": "me@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *arguments: str) -> str:
    """What git prints in a folder."""
    command = ["git", "-c", "init.defaultBranch=main", "-C", str(folder), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | IDENTITY, timeout=60
    ).stdout.strip()


def repository(folder: Path) -> str:
    """Make a repository of all that is in the folder; its commit."""
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "all")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The library's folder in sources without a repository."""
    library = tmp_path / "sources/workflow/convac"
    (library / "theory").mkdir(parents=True)
    (library / "provenance.py").write_text("one = 1\n")
    (library / "theory/cuts.py").write_text("two = 2\n")
    (library.parents[1] / ".gitignore").write_text("__pycache__/\n/results/\n/workflow/convac/scratch.py\n")
    (library.parents[1] / "README.md").write_text("Read me.\n")
    return library


def edit(library: Path) -> None:
    (library / "theory/cuts.py").write_text("two = 3\n")


def stage(library: Path) -> None:
    edit(library)
    git(library, "add", ".")


def delete(library: Path) -> None:
    (library / "theory/cuts.py").unlink()


def add_module(library: Path) -> None:
    (library / "theory/mine.py").write_text("three = 3\n")


def add_ignored_module(library: Path) -> None:
    (library / "scratch.py").write_text("three = 3\n")


@pytest.mark.parametrize("change", [edit, stage, delete, add_module, add_ignored_module])
def test_a_checkout_knows_its_commit_and_whether_it_is_changed(library, change: Callable[[Path], None]):
    commit = repository(library.parents[1])
    (library.parents[1] / "results").mkdir()
    (library / "__pycache__").mkdir()
    (library / "__pycache__/cuts.pyc").write_bytes(b"1")
    assert checkout(library) == {"commit": commit, "dirty": False}
    change(library)
    assert checkout(library) == {"commit": commit, "dirty": True}


def test_sources_inside_another_repository_have_no_commit(library):
    outer = library.parents[2]
    (outer / "mine.txt").write_text("mine\n")
    (outer / ".gitignore").write_text("/sources/\n")
    repository(outer)
    assert checkout(library) == UNKNOWN  # ignored, as an environment is
    (outer / ".gitignore").unlink()
    assert checkout(library) == UNKNOWN  # not tracked
    repository(outer)
    assert checkout(library) == UNKNOWN  # tracked, by a commit that isn't ours


def test_sources_unpacked_at_the_root_of_another_repository_have_no_commit(library):
    root = library.parents[1]
    (root / "workflow").rename(root.parent / "aside")
    repository(root)
    (root.parent / "aside").rename(root / "workflow")
    assert checkout(library) == UNKNOWN


def test_without_a_repository_or_a_commit_nothing_is_known(library):
    assert checkout(library) == UNKNOWN
    git(library.parents[1], "init", "-q")
    assert checkout(library) == UNKNOWN


def test_the_environment_names_no_other_repository(library, tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(library.parents[1]))
    assert checkout(library) == UNKNOWN
    monkeypatch.undo()
    commit = repository(library.parents[1])
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "none"))
    assert checkout(library) == {"commit": commit, "dirty": False}


def test_where_git_is_missing_or_refuses_nothing_is_known(library, tmp_path, monkeypatch):
    repository(library.parents[1])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout(library) == UNKNOWN
    refusing = tmp_path / "git"
    refusing.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership' >&2\nexit 128\n")
    refusing.chmod(0o755)
    assert checkout(library) == UNKNOWN


@pytest.mark.skipif(os.geteuid() != 0, reason="to give files to somebody else takes root")
def test_sources_of_another_owner_are_refused_by_git(library, monkeypatch, tmp_path):
    repository(library.parents[1])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for path in (library.parents[1], library.parents[1] / ".git"):
        shutil.chown(path, 12345)
    assert checkout(library) == UNKNOWN


def test_git_that_fails_halfway_leaves_dirty_unknown(library, monkeypatch):
    commit = repository(library.parents[1])
    real = provenance._git
    monkeypatch.setattr(provenance, "_git", lambda *words: None if "status" in words else real(*words))
    assert checkout(library) == {"commit": commit, "dirty": None}


def test_a_record_has_both(monkeypatch):
    monkeypatch.setattr(provenance, "checkout", lambda: {"commit": "c", "dirty": True})
    record = run_record(spec="s")
    assert (record["commit"], record["dirty"], record["spec"]) == ("c", True, "s")
