"""Clones of the working tree, driven as a user drives them."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from offline import CAN_CUT, CUT_OFF, SITECUSTOMIZE

ROOT = Path(__file__).parents[1]
# one experiment that trains and one that doesn't use every rule; the others would only take longer
KEPT = ("pooling_geometry", "recurrent_memory")
# smoke, smaller: one task, one geometry; still every rule and every kind of network
TINY = {
    "scale": "smoke",
    "experiments": {
        "pooling_geometry": {
            "scales": {
                "smoke": {
                    "tasks": ["closedness"],
                    "geometries": ["square"],
                    "rendered_train": 200,
                    "rendered_test": 60,
                    "seeds": 1,
                    "snapshots": [2],
                    "arithmetic": {"steps": 4, "log_every": 2},
                    "signed": {"steps": 4, "log_every": 2},
                    "rectifier": {"steps": 4, "log_every": 2},
                    "shallow": {"steps": 4, "log_every": 2},
                    "widths": [4],
                    "shallow_widths": [4],
                    "depths": [1],
                }
            }
        }
    },
}


@dataclass(frozen=True)
class Clone:
    """A copy of the checkout, driven as a user drives it, from another checkout's environment."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a user who activated the environment that runs the tests."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        unwanted = {"PYTHONPATH", "CONVAC_WORKFLOW", "PYTHONDONTWRITEBYTECODE"}
        return {key: value for key, value in os.environ.items() if key not in unwanted} | {"PATH": path}

    def run(self, *command: str, ok: bool | None = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; asserts that it succeeds or, with ok=False, that it fails; None takes both."""
        done = subprocess.run(
            command, cwd=self.path, env=self.environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert ok is None or (done.returncode == 0) == ok, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def snakemake(self, *arguments: str, ok: bool | None = True, cores: int = 1) -> str:
        """Everything that a small run prints."""
        # targets come first: options that take a list eat what follows them
        done = self.run("snakemake", *arguments, "--cores", str(cores), "--configfile", "tiny.yaml", ok=ok)
        return done.stdout + done.stderr

    def convac(self, *arguments: str, ok: bool | None = True) -> str:
        """Everything that a command prints, run with the clone's own code."""
        done = self.run("env", "PYTHONPATH=workflow", sys.executable, "-m", "convac", *arguments, ok=ok)
        return done.stdout + done.stderr

    def planned(self, *arguments: str) -> set[str]:
        """Names of the rules that a dry run would run."""
        return set(planned_counts(self.snakemake("-n", *arguments)))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file of the clone; it must stand there."""
        text = (self.path / path).read_text()
        assert old in text, f"{path} lacks {old!r}"
        (self.path / path).write_text(text.replace(old, new, 1))

    def configure(self, changes: dict[str, object]) -> None:
        """Lay changes over the small config."""
        (self.path / "tiny.yaml").write_text(yaml.safe_dump(merge(TINY, changes)))

    def copy(self, target: Path) -> "Clone":
        """The same, with its results, to be changed at will."""
        shutil.copytree(self.path, target, symlinks=True)
        return Clone(target)

    def files(self, pattern: str = "results/**/*") -> dict[str, bytes]:
        """Content of the files that match, by path."""
        found = sorted(path for path in self.path.glob(pattern) if path.is_file())
        return {str(path.relative_to(self.path)): path.read_bytes() for path in found}


def planned_counts(printed: str) -> dict[str, int]:
    """Jobs by rule, from the table that a dry run prints, for whoever looks at what it prints."""
    lines = printed.split("Job stats:")[1].splitlines() if "Job stats:" in printed else []
    found = {match[1]: int(match[2]) for line in lines if (match := re.match(r"^(\w+) +(\d+)$", line))}
    found.pop("total", None)
    return found


def merge(base: dict, changes: dict) -> dict:
    """Dictionaries merged in depth."""
    nested = {key: merge(base[key], value) for key, value in changes.items() if isinstance(base.get(key), dict)}
    return {**base, **changes, **nested}


def assert_told(printed: str, *words: str) -> str:
    """The line that has all the words; asserts that it is short and no traceback came with it."""
    assert "Traceback" not in printed, printed[-3000:]
    lines = [line for line in printed.splitlines() if all(word in line for word in words)]
    assert lines, printed[-2000:]
    assert len(lines[0]) <= 200
    return lines[0]


def finished_run(factory: pytest.TempPathFactory, name: str, changes: dict[str, object]) -> Clone:
    """A clone in which a small run has ended, without network or pickles; don't change it, copy it.

    It is one for all of pytest's processes.
    """
    shared = factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    clone, done = Clone(shared / name), shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            copy_checkout(clone.path, changes)
            (clone.path / "workflow/sitecustomize.py").write_text(SITECUSTOMIZE)
            before = CUT_OFF if CAN_CUT else ()
            clone.run(*before, "snakemake", "--cores", "2", "--configfile", "tiny.yaml")
            done.write_text("cut off" if CAN_CUT else "with what network there is")
    return clone


def copy_checkout(target: Path, changes: dict[str, object] | None = None) -> Clone:
    """Copy what git tracks or would track, as it stands now, with the experiments `KEPT` in the config."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    config = yaml.safe_load((target / "config.yaml").read_text())
    kept = {name: block for name, block in config["experiments"].items() if name in KEPT}
    (target / "config.yaml").write_text(yaml.safe_dump({**config, "experiments": kept}))
    clone = Clone(target)
    clone.configure(changes or {})
    return clone
