"""What an edit reruns: its dependents, all of them, and nothing else. Real Snakemake, by dry runs and runs."""

import json
import sys
from pathlib import Path

import pytest

from convac.provenance import closure

LIBRARY = Path(__file__).parents[2] / "workflow" / "convac"
MODULES = sorted(
    ".".join(("convac", *path.relative_to(LIBRARY).with_suffix("").parts))
    for path in LIBRARY.rglob("*.py")
    if path.name != "__init__.py"
)
# commands that run as jobs, and the modules that a pooling_geometry job names beside its command
JOBS = {
    "dataset": ["convac.datasets.blobs"],
    "train": ["convac.datasets.blobs", "convac.networks.arithmetic", "convac.networks.rectifier"],
    "measure": ["convac.networks.arithmetic"],
    "collect": [],
    "claims": ["convac.experiments.pooling_geometry"],
    "figure_pooling_geometry": ["convac.plotting.pooling_geometry"],
    "ledger": [],
    "manifest": [],
}
# what has to run again once a job's output is new
DOWNSTREAM = {
    "dataset": {"train", "measure", "collect", "claims", "figure_pooling_geometry", "ledger", "manifest"},
    "train": {"measure", "collect", "claims", "figure_pooling_geometry", "ledger", "manifest"},
    "measure": {"collect", "claims", "figure_pooling_geometry", "ledger", "manifest"},
    "collect": {"claims", "figure_pooling_geometry", "ledger", "manifest"},
    "claims": {"figure_pooling_geometry", "ledger", "manifest"},
    "figure_pooling_geometry": {"manifest"},
    "ledger": {"manifest"},
    "manifest": set(),
}


def command_of(rule: str) -> str:
    return f"convac.commands.{rule.split('_', maxsplit=1)[0]}"


def dependents(module: str) -> set[str]:
    """Rules that an edit of the module must rerun, with all that follows from them."""
    changed = {rule for rule, named in JOBS.items() if module in closure(command_of(rule), *named)}
    return changed.union(*(DOWNSTREAM[rule] for rule in changed)) | ({"all"} if changed else set())


@pytest.mark.parametrize("module", MODULES)
def test_editing_a_module_reruns_exactly_its_dependents(clone, module):
    path = Path("workflow", *module.split(".")).with_suffix(".py")
    source = (clone.path / path).read_text()
    (clone.path / path).write_text(f"{source}\n# a comment\n")
    assert clone.planned() == set(), "a comment reran something"
    (clone.path / path).write_text(f"{source}\nEDITED = 1\n")
    assert clone.planned() == dependents(module)


def test_a_docstring_edit_reruns_nothing(clone):
    clone.edit("workflow/convac/networks/arithmetic.py", '"""', '"""Edited. ')
    clone.edit("workflow/convac/training/loop.py", '"""', '"""Edited. ')
    assert clone.planned() == set()


@pytest.mark.parametrize("rule", [rule for rule in JOBS if rule != "figure_pooling_geometry"])
def test_a_job_loads_nothing_outside_its_closure(clone, rule):
    shell = next(
        line.strip()
        for line in clone.snakemake("-n", "-p", "--forcerun", rule).splitlines()
        if f"python -m convac {rule} " in line
    )
    words = shell.split("python -m convac ")[1].split()
    for path in [word for word in words if word.startswith("results/") and word.endswith((".parquet", ".csv"))]:
        assert (clone.path / path).exists()
    program = (
        "import sys, json; sys.path.insert(0, 'workflow'); from convac.cli import main\n"
        f"try: main({words!r})\nfinally: print(json.dumps([m for m in sys.modules if m.startswith('convac.')]))"
    )
    done = clone.run(sys.executable, "-c", program)
    loaded = {
        name
        for name in json.loads(done.stdout.splitlines()[-1])
        if not (LIBRARY.parent / Path(*name.split("."))).is_dir() and name != "convac.cli"
    }
    assert loaded <= set(closure(command_of(rule), *JOBS[rule]))
    assert command_of(rule) in loaded


def test_editing_a_claim_reruns_claims_and_figure_only(clone):
    clone.edit("workflow/convac/experiments/pooling_geometry.py", "threshold=0.05", "threshold=0.04")
    assert clone.planned() == {"claims", "figure_pooling_geometry", "ledger", "manifest", "all"}
    before = clone.files("results/runs/**/*")
    clone.snakemake()
    assert clone.files("results/runs/**/*") == before
    assert clone.planned() == set()


def test_editing_the_grid_reruns_only_the_cells_whose_spec_changed(clone):
    before = clone.files("results/runs/*/model.safetensors")
    changes = {"shallow_widths": [4, 8]}
    clone.configure({"experiments": {"pooling_geometry": {"scales": {"smoke": changes}}}})
    dry = clone.snakemake("-n")
    assert dry.count("rule train:") == 1
    assert "rule dataset:" not in dry
    clone.snakemake()
    after = clone.files("results/runs/*/model.safetensors")
    assert len(after) == len(before) + 1
    assert {path: after[path] for path in before} == before
