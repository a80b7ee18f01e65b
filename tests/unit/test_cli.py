"""The command line: mistakes in arguments, what interrupts it, and the threads of its jobs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import convac
from convac import cli, provenance
from convac.circuits.files import write_circuit
from convac.circuits.tree import random_circuit
from convac.cli import main
from convac.commands import verify
from convac.geometry.trees import PoolingTree
from convac.progress import LOG


@pytest.mark.parametrize("logged", [False, True])
def test_an_interrupted_command_says_so_without_a_traceback(tmp_path, monkeypatch, capsys, logged):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(verify, "run", interrupt)
    log = tmp_path / "log"
    with pytest.raises(SystemExit) as stopped:
        main(["verify", *(["--log", str(log)] if logged else [])])
    assert stopped.value.code == 130
    printed = capsys.readouterr().err
    assert printed == ("" if logged else "convac: interrupted\n")
    assert not logged or log.read_text().endswith(" interrupted\n")
    LOG.handlers.pop().close()


@pytest.mark.parametrize(("command", "threads"), [*((name, "1") for name in sorted(cli.JOBS)), ("measure", "7")])
def test_jobs_use_one_thread_whatever_is_set(monkeypatch, command, threads):
    for name in cli.THREADS:
        monkeypatch.setenv(name, "7")

    def stop(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "imported", stop)  # before the command's libraries are imported
    with pytest.raises(SystemExit):
        main([command])
    assert {os.environ[name] for name in cli.THREADS} == {threads}


def test_what_is_for_snakemake_is_told_where_it_stands(capsys):
    with pytest.raises(SystemExit):
        main(["plan", "--configfile", "mine.yaml"])
    line = "convac plan: unrecognized arguments: --configfile; Snakemake's arguments go after --"
    assert capsys.readouterr().err == f"{line}; see convac plan --help\n"


MISTAKES = {
    "": "the command is missing",
    "mesure": "'mesure' is not a command; did you mean measure?",
    "--nope": "unrecognized arguments: --nope",
    "measure --circuit a": "the following arguments are required: --partition",
    "measure --partition 0": "one of the arguments --circuit --network --run is required",
    "measure --circuit": "--circuit: expected one argument",
    "measure --circuit a --network b --partition 0": "--network: not allowed with argument --circuit",
    "measure --circuit a --partition 0 --replica 1e3": "--replica: '1e3' is not accepted; accepted: an integer",
    "measure --circuit a --partition 0 --time-limit soon": "--time-limit: 'soon' is not accepted; accepted: a number",
    "measure --circuit a --partition 0 --partion=1": "--partion=1; did you mean --partition?",
    "completion fish": "shell: fish is not accepted; accepted: bash, zsh",
    "certify --experiment overlap": "accepted: min_cut, overlaps, recurrent_memory, depth_efficiency",
    "sweep min_cut": "the following arguments are required: KEY=VALUE,VALUE",
    "verify --log": "--log: expected one argument",
    f"verify --{'x' * 300}": "unrecognized arguments: --xxx",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_in_arguments_is_one_line_that_says_where_help_is(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words.split())
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    first = words.partition(" ")[0]
    command = f"convac {first}" if first in cli.COMMANDS else "convac"
    assert line.startswith(f"{command}: ")
    assert line.endswith(f"; see {command} --help")
    assert MISTAKES[words] in line
    assert len(line) <= 200
    assert printed.out == ""


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_tells_an_unknown_option_in_one_line(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--no-such-option"])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"convac {command}: ")
    assert len(line) <= 200


def test_lists_that_begin_with_a_minus_are_values(tmp_path, capsys):
    path = str(tmp_path / "net.json")
    tree = PoolingTree.named("line", (4,))
    write_circuit(path, random_circuit(tree, 2, (2, 2), np.random.default_rng(0), classes=2))
    for combination in ("-1,1", "-.5,2e-1", "-1, -1"):
        main(["measure", "--circuit", path, "--partition", "0", "--combination", combination, "--json"])
        assert json.loads(capsys.readouterr().out)["schmidt_number"] == 2


def test_the_version_is_that_of_the_project_and_names_the_commit(capsys, monkeypatch):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert not stopped.value.code
    assert capsys.readouterr().out.startswith(f"convac {convac.__version__}")
    for found, told in (
        ({"commit": "0123456789abcdef", "dirty": True}, " (commit 0123456789, changed)"),
        ({"commit": "0123456789abcdef", "dirty": False}, " (commit 0123456789)"),
        ({"commit": None, "dirty": None}, ""),
    ):
        monkeypatch.setattr(provenance, "checkout", lambda found=found: found)
        assert cli.version_line() == f"convac {convac.__version__}{told}"


# the library installed alone has none of these
WITHOUT = """
import sys
from io import StringIO
from contextlib import redirect_stdout

sys.modules.update(dict.fromkeys(("yaml", "matplotlib", "psutil", "snakemake", "papermill"), None))
import convac
from convac.cli import COMMANDS, main

for command in COMMANDS:
    try:
        with redirect_stdout(StringIO()):
            main([command, "--help"])
    except SystemExit as stopped:
        print(command, stopped.code or "runs", sep=": ")
try:
    convac.draw
except ImportError as error:
    print("draw:", error)
"""


def test_what_the_library_alone_lacks_is_one_line():
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True, env=environment)
    told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert set(told) == {*cli.COMMANDS, "draw"}
    assert {told[name] for name in ("measure", "advise", "explain", "histories", "verify", "certify")} == {"runs"}
    accepted = "isn't installed; accepted: an environment with it, by pip install 'convac[workflow]'"
    for command in ("plan", "sweep", "probe", "orphans"):
        assert told[command].startswith(f"convac {command}: ")
        assert told[command].endswith(accepted)
    assert told["draw"] == f"convac.draw: matplotlib {accepted}"
    assert all(line == "runs" or line.endswith(accepted) for line in told.values())
