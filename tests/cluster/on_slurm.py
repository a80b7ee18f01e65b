"""A clone of the working tree, driven as a user of a SLURM cluster drives it."""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from clones import Clone
from slurm import Slurm

PROFILE = ("--workflow-profile", "workflow/profiles/slurm")
# For a few short jobs: two cells in each, and a cluster of one's own may be asked for news more often.
SHORTER = ("--group-components", "short=2", "--slurm-init-seconds-before-status-checks", "5")
OPTIONS = (*PROFILE, *SHORTER, "--configfile", "tiny.yaml")
# three cells: a group of two, and a third alone
FEWER = {"experiments": {"pooling_geometry": {"scales": {"smoke": {"shallow_widths": [], "depths": []}}}}}
PATIENCE = 240.0  # seconds


@dataclass(frozen=True)
class OnSlurm(Clone):
    """A clone whose commands reach a cluster."""

    slurm: Slurm

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a user of the cluster."""
        return self.slurm.environment(super().environment)

    @property
    def ended(self) -> list[dict[str, str]]:
        """A record per ended job that was submitted from here, the oldest first."""
        return [job for job in self.slurm.completed() if job["WorkDir"] == str(self.path)]

    def adopt(self, finished: Clone) -> None:
        """Take the results of a finished run, and what Snakemake knows of them."""
        for name in ("results", ".snakemake"):
            shutil.copytree(finished.path / name, self.path / name, symlinks=True, dirs_exist_ok=True)

    def submit(self, *arguments: str) -> str:
        """Everything that a small run on the cluster prints."""
        done = self.run("snakemake", *arguments, *OPTIONS)
        return done.stdout + done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Snakemake as a process of its own, what it prints in `printed`."""
        # Ctrl-C works as on a terminal, even if the tests run in the background
        command = ["env", "--default-signal=INT", "snakemake", *arguments, *OPTIONS]
        with (self.path / "printed").open("wb") as printed:
            return subprocess.Popen(command, cwd=self.path, env=self.environment, stdout=printed, stderr=printed)

    def wait(self, condition: Callable[[], object], during: subprocess.Popen[bytes] | None = None) -> None:
        """Wait until something is so; asserts that it comes, and while a process runs if one is given."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            over = time.monotonic() > deadline or (during and during.poll() is not None)
            assert not over, (self.path / "printed").read_text()[-3000:]
            time.sleep(0.1)


def frames(clone: Clone, pattern: str) -> dict[str, pd.DataFrame]:
    """Tables of a clone by path, their rows sorted."""
    found = {}
    for path in sorted(clone.path.glob(pattern)):
        table = pd.read_parquet(path)
        found[str(path.relative_to(clone.path))] = table.sort_values(list(table.columns)).reset_index(drop=True)
    return found


def assert_same_tables(clone: Clone, other: Clone, pattern: str) -> None:
    """Assert that tables of a clone are the other's, bit for bit but for the order of rows."""
    ours, theirs = frames(clone, pattern), frames(other, pattern)
    assert ours
    for path, table in ours.items():
        pd.testing.assert_frame_equal(table, theirs[path], check_exact=True)
