"""A cluster for every test, and clones of the working tree whose Snakemake submits to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from clones import copy_checkout
from on_slurm import OnSlurm
from slurm import Slurm, missing, slurm


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Slurm]:
    """Two nodes of SLURM; where there is none the test is skipped, or fails if CONVAC_CLUSTER says `required`."""
    if why := missing():
        (pytest.fail if os.environ.get("CONVAC_CLUSTER") == "required" else pytest.skip)(why)
    with slurm(tmp_path / "slurm") as running:
        yield running


@pytest.fixture
def login(cluster: Slurm, tmp_path: Path) -> OnSlurm:
    """A clone without results on the cluster's login node, its profile edited as the README says."""
    clone = OnSlurm(copy_checkout(tmp_path / "clone").path, cluster)
    clone.edit("workflow/profiles/slurm/config.yaml", "# slurm_partition: my-partition", "slurm_partition: chosen")
    return clone
