"""One list of versions: pip, conda and container take it, the environment has it, and nothing unpickles."""

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from convac.errors import FileError
from convac.planning.environments import CONDA_NAMES, KINDS, OUTSIDE, conda_file, imported, pins

ROOT = Path(__file__).parents[2]
LISTS = ("requirements.txt", "requirements-test.txt")
PINNED = {name: package for path in LISTS for name, package in pins((ROOT / "envs" / path).read_text()).items()}
DECLARED = imported(ROOT / "pyproject.toml")
# modules whose package has another name
PACKAGES = {
    "IPython": "ipython",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "flint": "python-flint",
    "pydantic_core": "pydantic",
}
# imported only where a network is handed to it, by who has it
AT_NEED = {"quimb"}
# asked for on Python 3.12 alone, and imported nowhere
UNUSED = "papermill 2.7.0 requires aiohttp"
SOURCES = sorted([*(ROOT / "workflow").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")])
UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle"}


def conda(kind):
    return yaml.safe_load((ROOT / f"envs/{kind}.yaml").read_text())


@pytest.mark.parametrize("path", LISTS)
def test_every_line_is_a_pin_without_a_local_label(path):
    lines = [line for line in (ROOT / "envs" / path).read_text().splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line


def test_no_package_is_pinned_twice():
    assert len(PINNED) == sum(len(pins((ROOT / "envs" / path).read_text())) for path in LISTS)


def test_this_environment_has_the_pinned_versions():
    installed = {name: version(name).split("+")[0] for name in PINNED}
    assert installed == PINNED


def test_no_package_misses_what_it_needs():
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    missing = [
        line for line in checked.stdout.splitlines() if "not installed" in line or "which is incompatible" in line
    ]
    assert [line for line in missing if not line.startswith(UNUSED)] == []
    assert missing or checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_conda_files_have_the_pins_of_all_that_jobs_import(kind):
    python, *entries = conda(kind)["dependencies"]
    assert python == "python=3.11"
    found = dict(entry.split("=") for entry in entries)
    assert found == {CONDA_NAMES[kind].get(name, name): PINNED[name] for name in DECLARED}
    assert not OUTSIDE & set(DECLARED)


def test_conda_files_differ_in_torch_alone():
    first, second = (set(conda(kind)["dependencies"]) for kind in KINDS)
    assert {entry.split("=")[0] for entry in first ^ second} == {"pytorch-cpu", "pytorch-gpu"}


def test_a_dependency_without_a_pin_is_refused():
    with pytest.raises(FileError, match=r"no pin of scipy"):
        conda_file("cpu", ["numpy", "scipy"], {"numpy": "2.0"})


def test_every_rule_has_a_conda_environment_that_exists():
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        text = path.read_text()
        for rule in re.split(r"^ *rule ?\w*:$", text, flags=re.MULTILINE)[1:]:
            if "shell:" in rule and "CONVAC" in rule:
                assert "conda:" in rule, path.name
        for named in re.findall(r'"(\.\./\.\./envs/[^"]+)"', text):
            assert (path.parent / named).is_file(), named


def test_the_container_is_set_up_by_the_same_script():
    recipe = (ROOT / "envs/Dockerfile").read_text()
    assert "RUN envs/setup.sh run" in recipe
    assert f"FROM python:{conda('cpu')['dependencies'][0].removeprefix('python=')}" in recipe
    assert "pip install" not in recipe


def test_what_is_imported_is_declared():
    standard = {*sys.stdlib_module_names, "convac"}
    for path in (ROOT / "workflow").rglob("*.py"):
        for module in imports(path):
            top = module.split(".")[0]
            if top not in standard:
                assert PACKAGES.get(top, top) in {*DECLARED, *OUTSIDE, *AT_NEED}, f"{path}: {module}"


def imports(path):
    """Modules that a file imports, relative imports aside."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_unpickles_or_runs_text(path):
    assert not UNPICKLERS & {module.split(".")[0] for module in imports(path)}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in UNSAFE, f"line {node.lineno}"
            assert "allow_pickle" not in {keyword.arg for keyword in node.keywords}, f"line {node.lineno}"


def test_a_checkout_has_the_same_bytes_whatever_line_ends_git_is_set_to(tmp_path):
    taken = (".gitattributes", "envs/setup.sh", "Makefile", "Snakefile", "config.yaml", "results/reference/claims.csv")
    taken += ("results/reference/figures/overlaps.png",)

    def git(*arguments):
        subprocess.run(["git", "-c", "core.autocrlf=true", "-C", tmp_path, *arguments], check=True, timeout=60)

    git("init", "-q")
    for name in taken:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    git("add", ".")
    for name in taken[1:]:
        (tmp_path / name).unlink()
    git("checkout", "-q", ".")
    for name in taken:
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name
