"""The architecture: who imports whom, what stays light, what is written by the code itself."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import convac
from convac.commands.generate import generated
from convac.commands.rooms import FLOOR, arrows, imports, module_of, modules, packages, reached
from convac.provenance import closure, read_module, source_hash, version

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow" / "convac"
FILES = modules()


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_come_from_lower_floors(path):
    own = module_of(path).split(".")[1]
    for name in read_module(module_of(path))[1]:
        other = name.split(".")[1]
        if own != other:
            assert FLOOR[other] < FLOOR[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_experiments_stand_apart(path):
    own = module_of(path).split(".")[1:]
    for name in read_module(module_of(path))[1]:
        room, *other = name.split(".")[1:]
        if room == "experiments" and len(other) > 1:  # a file in an experiment's folder
            study, part = other
            assert own[:-1] == ["experiments", study], f"{'.'.join(own)} imports {name}"
            assert part != "figures", f"{'.'.join(own)} imports {name}"
            assert part != "block" or own[-1] == "claims", f"{'.'.join(own)} imports {name}"


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_a_package_says_what_lives_there_and_what_it_may_import(package):
    sign = ast.parse((package / "__init__.py").read_text())
    assert len(sign.body) == 1  # and holds nothing else
    text = ast.get_docstring(sign) or ""
    assert "\n\n" not in text
    told, allowed = re.split(r"[Mm]ay import ", " ".join(text.split()))
    assert told
    named = re.findall(r"`(\w+)`", allowed)
    room = package.relative_to(LIBRARY).parts[0]
    if package.parent != LIBRARY:  # a package of kinds may import what its room may
        assert named == [room]
        return
    named = [name for name in named if name in FLOOR]
    assert named
    assert all(FLOOR[name] < FLOOR[room] for name in named)
    below = max(FLOOR[name] for name in named) if "below" in allowed else 0
    for other in imports()[room]:
        assert other in named or FLOOR[other] < below, f"{room} imports {other}; its sign says: {text}"


def test_experiments_hold_no_signs():
    # an experiment's folder is a list of its parts; its block says what it asks
    assert not list(LIBRARY.glob("experiments/*/__init__.py"))


def test_the_picture_of_the_floors_leaves_out_what_follows():
    assert sorted(FLOOR) == sorted({path.relative_to(LIBRARY).parts[0].removesuffix(".py") for path in FILES})
    imported = imports()
    drawn = {room: {other for start, other in arrows(imported) if start == room} for room in imported}
    for room in imported:
        assert drawn[room] <= imported[room]
        assert reached(room, drawn) == reached(room, imported)
        for left_out in drawn[room]:
            without = {**drawn, room: drawn[room] - {left_out}}
            assert left_out not in reached(room, without)


def test_the_root_package_is_lazy():
    tree = ast.parse((LIBRARY / "__init__.py").read_text())
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert modules <= {"importlib", "typing"}
    for name in convac.__all__:
        assert getattr(convac, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        _ = convac.nothing


def test_the_version_is_that_of_the_code_at_hand(tmp_path):
    assert convac.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert "__version__" in dir(convac)
    library = tmp_path / "workflow" / "convac"
    library.mkdir(parents=True)
    assert version(library) == metadata.version("convac")  # installed: no checkout around it
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "9"\n')
    assert version(library) == metadata.version("convac")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "convac"\nversion = "9.1"\n')
    assert version(library) == "9.1"


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import convac", {"torch", "numpy", "pandas", "matplotlib", "scipy"}),
        ("import convac.planning.plan", {"torch", "matplotlib", "scipy", "pandas"}),
        ("import convac.entanglement.measure", {"torch", "matplotlib", "pandas"}),
        ("import convac.commands.claims", {"torch", "matplotlib"}),
        ("import convac.cli", {"torch", "pandas", "snakemake"}),
    ],
)
def test_heavy_libraries_stay_out(statement, absent):
    program = f"import sys; sys.path.insert(0, {str(LIBRARY.parent)!r}); {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not absent & {name.split(".")[0] for name in done.stdout.split()}


def test_reading_the_config_imports_the_blocks_alone():
    program = (
        f"import sys; sys.path.insert(0, {str(LIBRARY.parent)!r}); import yaml; from convac.planning.plan import Plan\n"
        "Plan(yaml.safe_load(open('config.yaml'))); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert not {"torch", "matplotlib", "scipy", "pandas"} & {name.split(".")[0] for name in loaded}
    parts = {name.split(".")[3] for name in loaded if name.startswith("convac.experiments.") and name.count(".") > 2}
    assert parts == {"block", "jobs"}
    assert "convac.claims.claims" not in loaded


def test_the_library_knows_nothing_of_snakemake():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "snakemake" for name in names), path


def test_one_module_spells_the_folder_of_results():
    # a line of `training.runs` names it: all measurements have that module in their hash
    spelling = {"convac.specs.results", "convac.training.runs"}
    for path in FILES:
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
        texts = [node.value for node in constants if isinstance(node.value, str)]
        assert module_of(path) in spelling or not any(re.search(r"\bresults/|^results:", text) for text in texts), path
        assert "results" not in texts or module_of(path) in {"convac.specs.results", "convac.commands.compare"}, path


def test_files_are_short():
    for path in [*FILES, ROOT / "config.yaml"]:
        assert len(path.read_text().splitlines()) <= (640 if path.name == "config.yaml" else 420), path
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 80


def test_generated_files_are_up_to_date(monkeypatch):
    monkeypatch.chdir(ROOT)
    for path, text in generated().items():
        assert (ROOT / path).read_text() == text, f"{path}: run `make generate`"


def test_a_closure_is_transitive_and_hashes_ignore_words(tmp_path, monkeypatch):
    assert "convac.geometry.trees" in closure("convac.commands.train", "convac.networks.arithmetic")
    assert "convac.experiments.pooling_geometry.block" not in closure("convac.commands.train")
    with pytest.raises(ModuleNotFoundError):
        closure("convac.nothing")
    assert source_hash("convac.errors") != source_hash("convac.files")


def test_every_compute_rule_carries_its_code():
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        text = path.read_text()
        for rule in text.split("\nrule ")[1:] + text.split("\n    rule:")[1:]:
            if 'CONVAC\n        + " ' in rule or "CONVAC + " in rule:
                assert "source_hash(" in rule, f"{path.name}: {rule.split(':')[0]}"
