"""What an edit reruns: its dependents, all of them, and nothing else. Real Snakemake, by dry runs and runs."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from clones import Clone, planned_counts

from convac.provenance import closure

LIBRARY = Path(__file__).parents[2] / "workflow" / "convac"
MODULES = sorted(
    ".".join(("convac", *path.relative_to(LIBRARY).with_suffix("").parts))
    for path in LIBRARY.rglob("*.py")
    if path.name != "__init__.py"
)
LEDGER = {"ledger", "manifest"}
TRAINED, THEORY = "pooling_geometry", "recurrent_memory"  # the experiments of the clones


def after_claims(*experiments: str) -> set[str]:
    """What follows once the verdicts of these experiments are new."""
    return {*(f"figure_{name}" for name in experiments), *LEDGER}


def after_cells(*experiments: str) -> set[str]:
    """What follows once a cell's table is new."""
    return {"collect", "claims", "explorer", *after_claims(*experiments)}


def named(**kinds: str) -> list[str]:
    """The modules of kinds by their room: the type, and what does as it says."""
    folders = {"measurement": "measurements"}
    both = ((f"convac.specs.{folders.get(room, room)}.{kind}", f"convac.{room}.{kind}") for room, kind in kinds.items())
    return [module for pair in both for module in pair]


BLOBS = named(datasets="blobs")
CIRCUITS, RECTIFIERS = [*BLOBS, *named(networks="arithmetic")], [*BLOBS, *named(networks="rectifier")]
# jobs: the rule, the modules that its spec names beside its command, and what has to follow once its output is new
JOBS = [
    ("dataset", BLOBS, {"train", "measure", *after_cells(TRAINED)}),
    ("train", CIRCUITS, {"measure", *after_cells(TRAINED)}),
    ("train", RECTIFIERS, after_cells(TRAINED)),  # the experiment measures a baseline beside its ConvACs alone
    ("measure", [*CIRCUITS, *named(measurement="windows")], after_cells(TRAINED)),
    ("theory", [f"convac.experiments.{THEORY}.{part}" for part in ("jobs", "compute")], after_cells(THEORY)),
    ("collect", [], {"claims", "explorer", *after_claims(TRAINED, THEORY)}),
    ("explorer", [], {"manifest"}),
    *(("claims", [f"convac.experiments.{name}.claims"], after_claims(name)) for name in (TRAINED, THEORY)),
    *(
        (f"figure_{name}", [f"convac.experiments.{name}.figures", "convac.experiments.notebook"], {"manifest"})
        for name in (TRAINED, THEORY)
    ),
    ("ledger", [], {"manifest"}),
    ("manifest", [], set()),
]
# what the dispatcher itself loads: log lines, no computation
DISPATCHER = {"convac.cli", "convac.progress"}


def command_of(rule: str) -> str:
    return f"convac.commands.{word_of(rule)}"


def word_of(rule: str) -> str:
    """The command that a rule runs."""
    return {"measure": "entanglement"}.get(rule, rule.split("_", maxsplit=1)[0])


def file_of(clone: Clone, module: str) -> Path:
    return clone.path.joinpath("workflow", *module.split(".")).with_suffix(".py")


def dependents(module: str) -> set[str]:
    """Rules that an edit of the module must rerun, with all that follows from them."""
    changed: set[str] = set()
    for rule, own, following in JOBS:
        if module in closure(command_of(rule), *own):
            changed |= {rule, "all", *following}
    return changed


def groups() -> dict[str, list[str]]:
    """Modules with the same dependents, by the first of them."""
    found: dict[frozenset[str], list[str]] = {}
    for module in MODULES:
        found.setdefault(frozenset(dependents(module)), []).append(module)
    return {modules[0]: modules for modules in found.values()}


@pytest.mark.parametrize("modules", groups().values(), ids=groups())
def test_editing_modules_reruns_exactly_their_dependents(clone, modules):
    for module in modules:
        with file_of(clone, module).open("a") as file:
            file.write("\nEDITED = 1\n")
    assert clone.planned() == dependents(modules[0])


def test_comments_and_docstrings_in_every_module_rerun_nothing(clone):
    for module in MODULES:
        source = file_of(clone, module).read_text()
        assert source.startswith('"""'), module
        file_of(clone, module).write_text(source.replace('"""', '"""Edited. ', 1) + "\n# a comment\n")
    # what describes a field is for the schema and for people
    clone.edit("workflow/convac/specs/training.py", 'description="', 'description="Edited: ')
    assert clone.planned() == set()


@pytest.mark.parametrize(
    "rule", ["dataset", "train", "measure", "theory", "collect", "claims", "ledger", "explorer", "manifest"]
)
def test_a_job_loads_nothing_outside_its_closure(clone, rule):
    modules = {module for name, own, _ in JOBS if name == rule for module in own}
    shell = next(
        line
        for line in clone.snakemake("-n", "-p", "--forcerun", rule).splitlines()
        if f"python -m convac {word_of(rule)} " in line
    )
    words = shlex.split(shell.split("python -m convac ")[1])
    program = (
        "import sys, json; sys.path.insert(0, 'workflow'); from convac.cli import main\n"
        f"main({words!r}); print(json.dumps([name for name in sys.modules if name.startswith('convac.')]))"
    )
    done = clone.run(sys.executable, "-c", program)
    loaded = set(json.loads(done.stdout.splitlines()[-1])) & set(MODULES)
    assert loaded - DISPATCHER <= set(closure(command_of(rule), *modules))
    assert command_of(rule) in loaded


def test_editing_a_claim_reruns_claims_and_figure_only(clone):
    clone.edit("workflow/convac/experiments/pooling_geometry/claims.py", "task, 0.05)", "task, 0.04)")
    assert clone.planned() == {"claims", "figure_pooling_geometry", "ledger", "manifest", "all"}
    before = clone.files("results/runs/**/*")
    clone.snakemake()
    assert clone.files("results/runs/**/*") == before
    assert clone.planned() == set()


def test_editing_a_figure_reruns_the_figure_only(clone):
    clone.edit(f"workflow/convac/experiments/{THEORY}/figures.py", "linewidth=", "linewidth=1.5 * ")
    assert clone.planned() == {f"figure_{THEORY}", "manifest", "all"}
    made = clone.files("results/**/*.png")
    clone.snakemake()
    again = clone.files("results/**/*.png")
    changed = {path for path in made if made[path] != again[path]}
    assert changed
    assert all(f"figures/{THEORY}" in path for path in changed)
    assert clone.planned() == set()


def test_the_files_of_an_experiment_that_does_not_run_rerun_nothing(clone):
    for path in (clone.path / "workflow/convac/experiments/min_cut").glob("*.py"):
        path.write_text(path.read_text() + "\nEDITED = 1\n")
    assert clone.planned() == set()


def test_editing_the_grid_reruns_only_the_cells_whose_spec_changed(clone):
    before = clone.files("results/runs/*/model.safetensors")
    changes = {"shallow_widths": [4, 8]}
    clone.configure({"experiments": {"pooling_geometry": {"scales": {"smoke": changes}}}})
    dry = clone.snakemake("-n")
    counts = planned_counts(dry)
    assert counts["train"] == 1
    assert "dataset" not in counts
    clone.snakemake()
    after = clone.files("results/runs/*/model.safetensors")
    assert len(after) == len(before) + 1
    assert {path: after[path] for path in before} == before
