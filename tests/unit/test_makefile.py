"""What make would do, told by `make -n`: the scale of a report, what it hands to Snakemake."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def commands(folder, *arguments):
    """The lines that make would run in a folder that holds the Makefile alone."""
    shutil.copy(MAKEFILE, folder)
    given = ["make", "-n", "--no-print-directory", *arguments]
    done = subprocess.run(given, cwd=folder, capture_output=True, text=True, check=True, env=plain())
    return done.stdout.splitlines()


def plain():
    """The environment without what a make that runs these tests hands down."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def ended(folder, scale, seconds):
    """A run of a scale that ended at a time."""
    path = folder / f"results/{scale}/claims.html"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (seconds, seconds))


@pytest.mark.parametrize(
    ("runs", "arguments", "given"),
    [
        ({}, "", ""),
        ({"reference": 9}, "", ""),
        ({"smoke": 1}, "", "--config scale=smoke"),
        ({"smoke": 2, "laptop": 1, "reference": 9}, "", "--config scale=smoke"),
        ({"smoke": 1, "laptop": 2}, "", "--config scale=laptop"),
        ({"smoke": 1, "laptop": 2}, "--config scale=smoke", "--config scale=smoke"),
        ({"smoke": 1}, "--config device=cpu", "--config scale=smoke device=cpu"),
        ({"smoke": 1}, "--configfile my.yaml", "--configfile my.yaml --config scale=smoke"),
    ],
)
def test_a_report_is_of_the_scale_that_ran_last_unless_one_is_given(tmp_path, runs, arguments, given):
    for scale, seconds in runs.items():
        ended(tmp_path, scale, seconds)
    last = commands(tmp_path, "report", f"ARGS={arguments}")[-1]
    style = "workflow/report/report.css"
    assert last.split() == f"snakemake --report results/report.html --report-stylesheet {style} {given}".split()
    assert (MAKEFILE.parent / style).is_file()


@pytest.mark.parametrize(
    ("target", "arguments", "given"),
    [
        ("smoke", "", "--config scale=smoke"),
        ("smoke", "min_cut --config device=cpu", "min_cut --config scale=smoke device=cpu"),
        ("run", "min_cut --config scale=paper", "min_cut --config scale=paper"),
    ],
)
def test_scales_and_arguments_reach_snakemake_once(tmp_path, target, arguments, given):
    last = commands(tmp_path, target, f"ARGS={arguments}")[-1]
    assert last.split()[:3] == ["snakemake", "--cores", "all"]
    assert last.endswith(given)
    assert last.count("--config ") == given.count("--config ")


def test_clean_follows_a_link_and_keeps_the_reference(tmp_path):
    for name in ("smoke", "reference"):
        (tmp_path / "big" / name).mkdir(parents=True)
    (tmp_path / "results").symlink_to("big")
    shutil.copy(MAKEFILE, tmp_path)
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True, env=plain())
    assert [path.name for path in (tmp_path / "big").iterdir()] == ["reference"]


@pytest.mark.parametrize("target", ["run", "smoke"])
def test_targets_are_no_words_of_quiet(tmp_path, target):
    (line,) = [line for line in commands(tmp_path, target, "ARGS=min_cut -n") if line.startswith("snakemake ")]
    words = line.split()
    between = words[words.index("--quiet") + 1 : words.index("min_cut")]
    assert any(word.startswith("--") for word in between)
