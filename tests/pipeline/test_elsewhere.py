"""The workflow from other folders, as a part of another workflow, driven by a program, and by targets of any path."""

import os
import shutil
import sys

import pandas as pd
import pytest
import yaml
from clones import ROOT, Clone, assert_told

FIGURE = "results/smoke/figures/recurrent_memory.png"
TABLE = "results/smoke/tables/recurrent_memory.parquet"


def make_outer(clone: Clone, text: str) -> Clone:
    """Another workflow beside the clone, whose Snakefile this is."""
    outer = Clone(clone.path.parent / "outer")
    outer.path.mkdir()
    (outer.path / "Snakefile").write_text(text)
    return outer


def config_of(clone: Clone) -> dict:
    """The clone's small config, whole."""
    config = yaml.safe_load((clone.path / "config.yaml").read_text())
    block = config["experiments"]["recurrent_memory"]
    return {"scale": "smoke", "experiments": {"recurrent_memory": block}}


MODULE = """
import yaml

with open("small.yaml") as file:
    small = yaml.safe_load(file)

module convac:
    snakefile: "{snakefile}"
    config: small

use rule * from convac as convac_*

rule mine:
    input: "{table}"
    output: "mine/copy.parquet"
    shell: "cp {{input}} {{output}}"
"""
INCLUDED = """
configfile: "small.yaml"

rule mine:
    input: "{table}"
    output: "mine/copy.parquet"
    shell: "cp {{input}} {{output}}"

include: "{snakefile}"

onsuccess:
    print("outer is done")
"""


PREFIXED = MODULE.replace("config: small", 'config: small\n    prefix: "sub"')


@pytest.mark.parametrize(
    ("text", "place"), [(MODULE, ""), (INCLUDED, ""), (PREFIXED, "sub/")], ids=["module", "include", "prefix"]
)
def test_as_a_part_of_another_workflow(fresh, text, place):
    outer = make_outer(fresh, text.format(snakefile="../clone/Snakefile", table=f"{place}{TABLE}"))
    extra = {"samples": ["of the outer workflow"]} if text is INCLUDED else {}
    (outer.path / "small.yaml").write_text(yaml.safe_dump(config_of(fresh) | extra))
    done = outer.run("snakemake", "mine/copy.parquet", "--cores", "1")
    assert (outer.path / "mine/copy.parquet").read_bytes() == (outer.path / f"{place}{TABLE}").read_bytes()
    assert text is not INCLUDED or "outer is done" in done.stdout + done.stderr
    assert "convac: done" not in done.stderr
    # targets of its own and of ours
    outer.run("snakemake", "-n", "mine", f"{place}{FIGURE}", "--cores", "1")
    assert not (fresh.path / "results/smoke").exists()


def test_as_a_module_with_a_prefix_in_a_folder_of_another_workflow(fresh):
    """As a submodule of git's lies: nothing of the checkout is below the prefix, every result is."""
    outer = make_outer(fresh, PREFIXED.format(snakefile="external/convac/Snakefile", table=f"sub/{TABLE}"))
    (outer.path / "small.yaml").write_text(yaml.safe_dump(config_of(fresh)))
    (outer.path / "external").mkdir()
    fresh.path.rename(outer.path / "external/convac")
    outer.run("snakemake", "convac_all", "--cores", "1")
    assert (outer.path / "sub" / FIGURE).exists()
    assert not (outer.path / "results").exists()
    assert not (outer.path / "external/convac/results/smoke").exists()


HOSTED = MODULE.replace('"{snakefile}"', 'gitfile("{repository}", path="workflow/Snakefile", ref="main")')
SIDE_BY_SIDE = """
import yaml

with open("small.yaml") as file:
    small = yaml.safe_load(file)
block = small["experiments"]["recurrent_memory"]
smoke = {{**block["scales"]["smoke"], "depths": [1]}}

module one:
    snakefile: "../clone/workflow/Snakefile"
    config: small
    prefix: "one"

module other:
    snakefile: "../clone/workflow/Snakefile"
    config: {{**small, "experiments": {{"recurrent_memory": {{**block, "scales": {{"smoke": smoke}}}}}}}}
    prefix: "other"

use rule * from one as one_*
use rule * from other as other_*

rule both:
    default_target: True
    input: "one/{table}", "other/{table}"
"""


def committed(clone: Clone) -> Clone:
    """The clone as a repository whose branch `main` has all of it."""
    author = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*author, "commit", "-qm", "all")):
        clone.run("git", *words)
    return clone


def test_a_hosted_module_takes_the_installed_library(fresh):
    """Its rules come from the repository at a ref, whatever the working tree has."""
    committed(fresh)
    outer = make_outer(fresh, HOSTED.format(repository=fresh.path, table=TABLE))
    (outer.path / "small.yaml").write_text(yaml.safe_dump(config_of(fresh)))
    (fresh.path / "workflow/Snakefile").write_text("not what is committed\n")
    installed = fresh.path.parent / "installed"
    shutil.copytree(ROOT / "workflow/convac", installed / "convac")
    snakemake = ("env", f"PYTHONPATH={installed}", "snakemake", "mine/copy.parquet", FIGURE, "--cores", "1")
    outer.run(*snakemake)
    assert (outer.path / FIGURE).exists()
    done = outer.run(*snakemake, "-n")
    assert "Nothing to be done" in done.stdout + done.stderr
    # a library of another version
    (installed / "convac/planning/paths.py").write_text("OTHER = 1\n")
    assert_told(outer.run(*snakemake, ok=False).stderr, "isn't the library of these rules; accepted: that one")
    # and none
    shutil.rmtree(installed / "convac")
    hidden = "import os, sys; sys.path[:] = [path for path in sys.path if not os.path.isdir(path + '/convac')]"
    (installed / "sitecustomize.py").write_text(hidden)
    assert_told(outer.run(*snakemake, ok=False).stderr, "convac: isn't installed; accepted: the library of these rules")


def test_two_runs_side_by_side(fresh):
    outer = make_outer(fresh, SIDE_BY_SIDE.format(table=TABLE))
    (outer.path / "small.yaml").write_text(yaml.safe_dump(config_of(fresh)))
    outer.run("snakemake", "--cores", "1")
    one, other = (pd.read_parquet(outer.path / place / TABLE)["depth"] for place in ("one", "other"))
    assert set(other) == {1, 2} < set(one)  # growth is of two layers
    assert not (outer.path / "results").exists()


def test_results_go_to_the_working_folder_and_the_rest_is_found_in_the_checkout(fresh):
    small = fresh.path / "small.yaml"
    small.write_text(yaml.safe_dump(config_of(fresh)))
    elsewhere = Clone(fresh.path.parent / "else where")
    elsewhere.path.mkdir()
    snakefile = os.path.relpath(fresh.path / "Snakefile", elsewhere.path)
    elsewhere.run("snakemake", FIGURE, "--cores", "1", "-s", snakefile, "--config", "scale=smoke")
    assert (elsewhere.path / FIGURE).exists()
    assert not (fresh.path / "results/smoke").exists()
    # the same by -d from the checkout: nothing is left to do
    there = ("--directory", str(elsewhere.path), "--config", "scale=smoke")
    done = fresh.run("snakemake", "-n", FIGURE, "--cores", "1", *there)
    assert "Nothing to be done" in done.stdout + done.stderr
    # the working folder's own config comes first
    (elsewhere.path / "config.yaml").write_text(yaml.safe_dump({"experiments": {"recurrent_memory": {"depths": 0}}}))
    assert_told(fresh.run("snakemake", "-n", *there, ok=False).stderr, "experiments.recurrent_memory")
    (elsewhere.path / "config.yaml").unlink()
    # figures of the committed reference are drawn from it
    fresh.run("snakemake", "-n", "results/redrawn/figures/recurrent_memory.png", *there)


def test_results_are_targets_by_any_path(clone):
    table = clone.path / TABLE
    (clone.path / "short").symlink_to("results/smoke")
    (clone.path.parent / "link").symlink_to(clone.path)
    for target in (
        f"./{TABLE}",
        f"results//smoke/../smoke/tables/{table.name}",
        str(table),
        str(clone.path.parent / "link" / TABLE),
        f"short/tables/{table.name}",
    ):
        printed = clone.snakemake(target, "-n")
        assert "Nothing to be done" in printed or "rule" not in printed.replace("rules", ""), printed
    table.unlink()
    clone.snakemake(str(table))
    assert table.exists()
    for target in (str(clone.path / "else/x"), "./smoke", "../results/x", "resultsx"):
        assert_told(clone.snakemake(target, "-n", ok=False), f"{target}: unknown target; accepted: ")


def test_a_driver_keeps_its_own_arguments(fresh):
    folder = fresh.path / "my-snakemake"
    folder.mkdir()
    (folder / "drive.py").write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from snakemake.api import SnakemakeApi\n"
        "from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings\n"
        "assert sys.argv[1:] == ['--colour', 'mine'], sys.argv\n"
        "with SnakemakeApi(OutputSettings()) as api:\n"
        "    flow = api.workflow(ResourceSettings(cores=1), ConfigSettings(configfiles=[Path('tiny.yaml')]),\n"
        "                        snakefile=Path('Snakefile'))\n"
        "    flow.list_rules()\n"
    )
    done = fresh.run(sys.executable, "my-snakemake/drive.py", "--colour", "mine")
    assert "train" in done.stdout + done.stderr
