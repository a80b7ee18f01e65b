"""Results cut short, and results of another time: told in one line each, and what was finished stays."""

import os
import re
import time
from argparse import Namespace
from pathlib import Path

import pytest
from clones import assert_told
from harness import assert_undisturbed

from convac.commands import verify
from convac.errors import FileError

# one file of every kind that the workflow writes
KINDS = [
    "datasets/*/data.safetensors",
    "datasets/*/summary.parquet",
    "datasets/*/run.json",
    "runs/*/spec.json",
    "runs/*/model.safetensors",
    "runs/*/history.parquet",
    "runs/*/entanglement-*.parquet",
    "theory/*/table.parquet",
    "theory/*/spec.json",
    "smoke/tables/*.parquet",
    "smoke/tables/*.csv",
    "smoke/claims/*.csv",
    "smoke/claims.csv",
    "smoke/claims.md",
    "smoke/claims.html",
    "smoke/pages/*.html",
    "smoke/figures/*.png",
    "smoke/figures/*.pdf",
    "smoke/figures/*.svg",
    "smoke/notebooks/*.ipynb",
    "smoke/manifest.json",
]
DAMAGED = re.compile(r"(results/\S+): .*; delete it and rerun")
DAY = 86400


def cut(path, share=0.5):
    """Keep the first part of a file, and not to the end of a line."""
    content = path.read_bytes()
    kept = content[: int(share * len(content))]
    path.write_bytes(kept.rstrip(b"\n") or b"{")


def dated(clone, seconds):
    """Date every result so many seconds from now, all the same."""
    moment = time.time() + seconds
    for path in clone.path.glob("results/**/*"):
        os.utime(path, (moment, moment))


@pytest.fixture(scope="module")
def results(undisturbed, tmp_path_factory):
    """A folder with finished results, each test leaves it as it was."""
    return undisturbed.copy(tmp_path_factory.mktemp("results") / "clone").path


@pytest.mark.parametrize("share", [0.0, 0.5, 0.97])
@pytest.mark.parametrize("kind", KINDS)
def test_verify_names_what_is_cut_short(results, monkeypatch, kind, share):
    monkeypatch.chdir(results)
    path = sorted(Path("results").glob(kind))[0]
    content = path.read_bytes()
    try:
        cut(path, share)
        with pytest.raises(FileError, match=f"^{re.escape(str(path))}: "):
            verify.run(Namespace(manifest=[]))
    finally:
        path.write_bytes(content)


@pytest.mark.long
def test_everything_is_cut_short_at_once(clone, undisturbed):
    for kind in KINDS:
        cut(sorted(clone.path.glob(f"results/{kind}"))[0])
    rounds = 0
    while damaged := set(DAMAGED.findall(clone.snakemake("--keep-going", ok=None))):
        for path in damaged:  # what the line says to do
            (clone.path / path).unlink()
        rounds += 1
        assert rounds < len(KINDS)
    assert rounds
    assert_undisturbed(clone, undisturbed)


def test_specs_that_are_damaged_or_missing_cost_no_result(clone, undisturbed):
    specs = sorted(clone.path.glob("results/*/*/spec.json"))
    cut(specs[0])
    for path in specs[1:]:
        path.unlink()
    printed = clone.snakemake()
    for path in specs:
        assert_told(printed, str(path.relative_to(clone.path)), "was damaged or missing; rewritten")
    assert "Nothing to be done" in printed
    assert_undisturbed(clone, undisturbed)


def test_results_of_the_future(clone):
    dated(clone, 3 * DAY)
    (clone.path / "results/smoke/figures/recurrent_memory.pdf").unlink()
    before = clone.files()
    # the figure would be older than its table; Snakemake would run the job and then delete what it made
    assert_told(clone.snakemake(ok=False), "in the future", "snakemake --touch --forceall")
    assert clone.files() == before


@pytest.mark.long
def test_results_of_another_time(clone, undisturbed):
    for days in (-40 * 365, 3):
        dated(clone, days * DAY)
        assert clone.planned() == set()
    (clone.path / "results/smoke/figures/recurrent_memory.pdf").unlink()
    clone.snakemake("--touch", "--forceall")
    clone.snakemake()
    assert_undisturbed(clone, undisturbed)
    assert clone.planned() == set()
