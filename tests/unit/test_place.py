"""Where the workflow runs and what it was asked for: targets by any path, other programs' arguments, what there is."""

import os
import re
import shutil
import subprocess

import pytest
from snakemake.cli import parse_args

from convac.planning import place
from convac.planning.place import CHECKOUT, other_names, plain_target, snakemake_words


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder whose results are a link, with a link in them."""
    (tmp_path / "big/smoke").mkdir(parents=True)
    (tmp_path / "far").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "here/results").symlink_to(tmp_path / "big")
    (tmp_path / "big/runs").symlink_to(tmp_path / "far")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.mark.parametrize(
    "written",
    [
        *("results/smoke/a.md", "./results//smoke/a.md", "../here/results/smoke/a.md"),
        *("{0}/here/results/smoke/a.md", "{0}/big/smoke/a.md", "../big/smoke/a.md"),
    ],
)
def test_a_result_is_known_by_any_path(here, written):
    target = written.format(here)
    assert plain_target(target) == "results/smoke/a.md"
    known = os.path.relpath(target) == "results/smoke/a.md" and not os.path.isabs(target)  # to Snakemake
    assert other_names([target]) == ({} if known else {target: "results/smoke/a.md"})


def test_a_link_below_results_keeps_its_name(here):
    assert plain_target(f"{here}/here/results/runs/a") == "results/runs/a"


@pytest.mark.parametrize("target", ["smoke", "../results/x", "/etc/passwd", "results", "resultsx/y", ""])
def test_other_paths_are_no_results(here, target):
    assert not plain_target(target).startswith("results/")
    assert place.place_mistakes([target], {"experiments": {}})


def test_what_no_rule_makes_is_refused_before_snakemake_does(here):
    (here / "big/mine.txt").touch()

    def mistakes(*targets):
        return place.place_mistakes(targets, {"experiments": {}})

    made = ("results/smoke/figures/min_cut-rank.png", "results/laptop/claims.md", "results/runs/a-0/model.safetensors")
    assert not mistakes(*made, *(f"./{path}" for path in made), f"{here}/here/{made[0]}", "results/mine.txt", "all")
    for target, fault in {
        "results/smoke": "is a folder",
        "results/smoke/": "is a folder",
        "results/smoke/figures": "no rule makes it",
        "results/smoke/figures/min_cut.jpg": "no rule makes it",
        "results/nö": "no rule makes it",
        f"{here}/here/results/smal/claims.md": "no rule makes it",
    }.items():
        assert mistakes(target) == [f"{target}: {fault}; accepted: a file such as results/smoke/figures/EXPERIMENT.png"]
    (line,) = mistakes("results/" + "x" * 300)
    assert len(line) <= 200


@pytest.mark.parametrize(
    ("program", "own"),
    [
        ("snakemake", True),
        ("/home/me/snakemake/bin/snakemake", True),
        ("/lib/python3/site-packages/snakemake/__main__.py", True),
        ("/home/snakemake/drive.py", False),
        ("run-snakemake", False),
        ("snakemake.py", False),
        ("-c", False),
        ("", False),
    ],
)
def test_only_snakemakes_own_words_are_read(program, own):
    assert snakemake_words([program, "--mine", "x"]) == (["--mine", "x"] if own else [])
    assert snakemake_words([]) == []


def test_files_of_the_checkout_are_found_from_anywhere(here, monkeypatch):
    assert (here / "here" / place.source("config.yaml")).resolve() == CHECKOUT / "config.yaml"
    assert place.first_here("config.yaml") == place.source("config.yaml")
    (here / "here/config.yaml").touch()
    assert place.first_here("config.yaml") == "config.yaml"
    assert place.first_here("nowhere.yaml") == "nowhere.yaml"  # as the installed library has no checkout
    monkeypatch.chdir(CHECKOUT)
    assert place.source("notebooks/overlaps.ipynb") == "notebooks/overlaps.ipynb"
    assert place.is_ours("Snakefile")
    assert place.is_ours("workflow/Snakefile")
    assert not place.is_ours(str(here / "Snakefile"))


@pytest.mark.parametrize(
    ("words", "shows"),
    [([], False), (["all", "-F"], False), (["--touch"], False), (["--cores", "2", "--keep-going"], False)]
    + [([word], True) for word in ("-n", "--dag", "--rulegraph", "--filegraph", "--d3dag", "--summary", "-D", "-l")]
    + [([word], True) for word in ("--lint", "--unlock", "--list-target-rules", "--report", "--list-params-changes")],
)
def test_what_only_shows_needs_no_right_to_write(words, shows):
    assert place.looks(parse_args(words)[1]) is shows


def test_a_report_is_of_a_run_that_ended(here):
    (told,) = place.report_mistakes("laptop")
    assert "no run of this scale has ended here" in told
    assert place.to_see("smoke") == ""
    (here / "big/smoke/claims.html").touch()
    (here / "big/reference").mkdir()
    (here / "big/reference/claims.html").touch()
    assert place.report_mistakes("smoke") == []
    (told,) = place.report_mistakes("laptop")
    assert told.endswith("accepted: --config scale=smoke")
    assert len(told) <= 200
    (here / "big/smoke/figures").mkdir()
    assert place.to_see("smoke") == "results/smoke/figures"
    (here / "big/smoke/claims.md").touch()
    assert place.to_see("smoke").startswith("results/smoke/figures; results/smoke/claims.md; `make report`")


def test_a_ledger_that_lacks_new_verdicts_is_told_and_not_shown(here):
    folder = here / "big/smoke"
    assert place.outdated("smoke") == ""
    (folder / "figures").mkdir(parents=True)
    (folder / "claims").mkdir()
    names = [f"experiment_{number}" for number in range(30)]
    for name in names:
        (folder / f"claims/{name}.csv").write_text("id")
    assert place.outdated("smoke") == ""  # no ledger yet
    (folder / "claims.md").write_text("ledger")
    os.utime(folder / "claims.md", (0, 0))
    for path in folder.glob("claims/*.csv"):
        os.utime(path, (0, 0))
    assert place.outdated("smoke") == ""
    assert "claims.md" in place.to_see("smoke")
    os.utime(folder / "claims/experiment_3.csv", (1, 1))
    told = place.outdated("smoke")
    assert told.startswith("results/smoke/claims.md is from an earlier run and lacks the new verdicts of experiment_3;")
    assert place.to_see("smoke") == "results/smoke/figures; results/smoke/claims"
    for path in folder.glob("claims/*.csv"):
        os.utime(path, (1, 1))
    assert len(place.outdated("smoke")) <= 200


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    ("scales", "arguments", "scale"),
    [
        (["smoke"], [], "smoke"),
        (["laptop", "smoke"], [], "smoke"),
        (["smoke", "laptop"], [], "laptop"),
        (["smoke", "laptop", "reference"], [], "laptop"),
        (["smoke", "laptop"], ["ARGS=--config scale=smoke"], "smoke"),
        (["laptop", "smoke"], ["ARGS=--config device=cpu"], "smoke"),
    ],
)
def test_a_report_is_of_the_scale_whose_run_ended_last(here, scales, arguments, scale):
    for number, name in enumerate(scales):
        (here / "big" / name).mkdir(exist_ok=True)
        (here / f"big/{name}/claims.html").touch()
        os.utime(here / f"big/{name}/claims.html", (number, number))
    done = subprocess.run(
        ["make", "-n", "-f", str(place.CHECKOUT / "Makefile"), "report", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("snakemake --report ")]
    assert re.findall(r"scale=(\w+)", told) == [scale]
    assert told.count("--config") == 1
    assert place.finished_scales()[0] == [name for name in scales if name != "reference"][-1]
