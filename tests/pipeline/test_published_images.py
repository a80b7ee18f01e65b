"""`make images` by real Snakemake: what it would run, and its first steps with files of a local folder."""

import gzip
import hashlib
import re
import shutil

import pytest
from clones import ROOT, Clone, planned_counts
from image_sets import write_mnist

from convac.datasets.downloads import SOURCES

FILES = {name: digest for file in SOURCES["fashion_mnist"].files.values() for name, digest in file.contents.items()}
SMOKE = ("--configfile", "images.yaml", "--config", "scale=smoke", "local_data=mine")


@pytest.fixture
def supplied(fresh: Clone) -> Clone:
    """A clone with a small set in the place and form of Fashion-MNIST's Debian package."""
    shutil.copy(ROOT / "config.yaml", fresh.path)  # every block
    folder = fresh.path / "mine/fashion-mnist"
    write_mnist(folder)
    for name, published in FILES.items():
        content = gzip.decompress((folder / f"{name}.gz").read_bytes())
        fresh.edit("workflow/convac/datasets/downloads.py", published, hashlib.sha256(content).hexdigest())
    return fresh


def test_only_the_sets_that_are_asked_for_are_wanted(supplied):
    planned = supplied.run("snakemake", "-n", "--configfile", "images.yaml").stdout
    counts = planned_counts(planned)
    assert counts["download"] == 1
    drawn = {rule.removeprefix("figure_") for rule in counts if rule.startswith("figure_")}
    assert drawn == {f"{study}_fashion_mnist" for study in ("layer_widths", "overlaps_trained", "missing_data")}
    assert "results/images/claims.md" in planned
    assert "results/laptop" not in planned


def test_a_local_folder_is_enough(supplied):
    target = "results/smoke/tables/overlaps_trained_fashion_mnist.parquet"
    listed = supplied.run("snakemake", "-n", target, *SMOKE).stdout
    assert planned_counts(listed)["download"] == 1
    (folder, *_) = re.findall(r"results/datasets/[\w-]+/data.safetensors", listed)
    supplied.run("snakemake", folder, "--cores", "1", *SMOKE)
    assert "download" not in planned_counts(supplied.run("snakemake", "-n", target, *SMOKE).stdout)
