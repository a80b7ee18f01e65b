"""What others' programs read of the repository: metadata, hooks, hosted checks, and completion for shells."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from convac.cli import COMMANDS
from convac.commands.completion import SHELLS, parsers, script

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINT = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nlint: ")[1].split("\n\n")[0]


def test_codemeta_says_what_the_project_says():
    found = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    for key in ("name", "version", "description", "keywords"):
        assert found[key] == PROJECT[key]
    assert found["license"].endswith(f"/{PROJECT['license']}")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert [paper["name"] for paper in found["referencePublication"]] == [
        each["title"] for each in citation["references"]
    ]


def test_hooks_are_the_gates_own_commands():
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repo["repo"] == "local"  # nothing is fetched, and tools have the pinned versions
    entries = [hook["entry"] for hook in repo["hooks"]]
    assert len(set(entries)) == len(entries) > 2
    for hook in repo["hooks"]:
        assert hook["language"] == "system"
        assert f"\t{hook['entry']}\n" in f"{LINT}\n" or hook["entry"] == "python -m convac generate --check"


def test_the_hosted_checks_are_those_of_ci_run():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    (job,) = jobs.values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[-1] == ".ci/run"
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    assert not any(re.search(r"pytest|snakemake|ruff|mypy|make ", run.replace("git make", "")) for run in runs)


def wrong_tags(folder, version):
    """Tags of the folder's commit that look like a version and aren't this one."""
    done = subprocess.run(
        ["git", "-C", folder, "tag", "--points-at", "HEAD", "v*"], capture_output=True, text=True, check=False
    )
    return set(done.stdout.split()) - {f"v{version}"}  # none without git: sources that were unpacked


def test_a_tag_is_the_version_of_its_commit(tmp_path):
    assert wrong_tags(ROOT, PROJECT["version"]) == set()
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert f"## {PROJECT['version']}" in changes
    author = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    for words in (("init", "-q"), (*author, "commit", "-q", "--allow-empty", "-m", "one"), ("tag", "v1.2.3")):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    assert wrong_tags(tmp_path, "1.2.3") == set()
    assert wrong_tags(tmp_path, "1.2.4") == {"v1.2.3"}
    on = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))[True]  # YAML 1.1: on is true
    assert on["push"]["tags"] == ["v*"]


def completed(shell_script, *words):
    """What bash offers for the last of these words."""
    line = (
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _convac; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", f"{shell_script}\n{line}"], capture_output=True, text=True, check=True)
    assert not done.stderr
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def shell_script():
    return script(parsers())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("convac", ""), set(COMMANDS)),
        (("convac", "comp"), {"compare", "comparison", "completion"}),
        (("convac", "sweep", "min_cut", "--sc"), {"--scale"}),
        (("convac", "sweep", "min_cut", "--scale", ""), {"smoke", "laptop", "paper", "images"}),
        (
            ("convac", "explorer", "--"),
            {"--help", "--log", "--results", "--tables", "--source", "--resources", "--output"},
        ),
        (("convac", "completion", ""), set(SHELLS)),
        (("convac", "advise", "--data", "im"), set()),  # a file: bash's own
    ],
)
def test_bash_completes_commands_options_and_choices(shell_script, words, offered):
    assert completed(shell_script, *words) == offered


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_reads_the_script():
    command = 'autoload -Uz compinit && compinit -u; eval "$(python -m convac completion zsh)"; whence _convac'
    done = subprocess.run(["zsh", "-fc", command], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["_convac"]
