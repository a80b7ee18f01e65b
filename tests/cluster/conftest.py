"""One cluster for all tests, and clones of the working tree whose Snakemake submits to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from clones import Clone, copy_checkout, finished_run
from on_slurm import FEWER, OnSlurm
from slurm import Slurm, missing, slurm


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Two nodes of SLURM; where there is none tests are skipped, or fail if CONVAC_CLUSTER says `required`."""
    if why := missing():
        (pytest.fail if os.environ.get("CONVAC_CLUSTER") == "required" else pytest.skip)(why)
    with slurm(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture
def login(cluster: Slurm, tmp_path: Path) -> OnSlurm:
    """A clone without results on the cluster's login node, its profile edited as the README says."""
    clone = OnSlurm(copy_checkout(tmp_path / "login").path, cluster)
    clone.edit("workflow/profiles/slurm/profile.yaml", "# slurm_partition: my-partition", "slurm_partition: chosen")
    return clone


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the small run has ended on this machine; don't change it, copy it."""
    return finished_run(tmp_path_factory, "finished", {})


@pytest.fixture
def local(finished: Clone, tmp_path: Path) -> Clone:
    """A clone with a finished run of fewer cells on this machine."""
    clone = finished.copy(tmp_path / "local")
    clone.configure(FEWER)
    clone.snakemake("results/smoke/tables/pooling_geometry.parquet")
    return clone
