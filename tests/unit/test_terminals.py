"""Terminals that aren't UTF-8: whatever a command prints is shown, in other characters where some are lacking."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from convac import cli
from convac.circuits.files import write_circuit
from convac.circuits.tree import random_circuit
from convac.files import write_json
from convac.geometry.trees import PoolingTree
from convac.progress import LOG

TERMINALS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
HELP = """
from convac.cli import COMMANDS, main
for command in ["", *COMMANDS]:
    try:
        main([*filter(None, [command]), "--help"])
    except SystemExit as stopped:
        assert stopped.code == 0, (command, stopped.code)
"""


def run(terminal, *words):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
    environment |= TERMINALS[terminal]
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, check=False, timeout=300)


@pytest.mark.parametrize("terminal", TERMINALS)
def test_help_of_every_command_is_shown(terminal):
    done = run(terminal, "-c", HELP)
    assert done.returncode == 0, done.stderr.decode()
    printed = done.stdout.decode("latin-1")
    assert printed.count("usage: convac") == len(cli.COMMANDS) + 1
    assert "a name (left-right, ...) or sites: 0,2,5" in " ".join(printed.split())


@pytest.mark.parametrize("terminal", ["ascii", "C"])
def test_results_and_mistakes_are_shown(terminal, tmp_path):
    path = tmp_path / "nät–1.json"
    write_circuit(path, random_circuit(PoolingTree.named("line", (4,)), 2, (2, 2), np.random.default_rng(0)))
    measured = "-m", "convac", "measure", "--circuit", str(path), "--partition", "0"
    done = run(terminal, *measured, "--engine", "renyi2")  # which gives no entropy: shown by a dash
    assert done.returncode == 0, done.stderr.decode()
    assert "entropy -" in " ".join(done.stdout.decode("latin-1").split())
    assert json.loads(run(terminal, *measured, "--json").stdout)["schmidt_number"] == 2
    refused = run(terminal, *measured, "--tolerance", "-1")
    assert (refused.returncode, refused.stderr.count(b"\n")) == (1, 1)
    assert b"Traceback" not in refused.stderr
    path.unlink()
    absent = run(terminal, *measured)
    assert (absent.returncode, absent.stderr.count(b"\n")) == (1, 1)
    assert b".json: no such file" in absent.stderr


def test_every_character_has_something_that_stands_for_it(monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    cli.print_anywhere()
    print("… – × ≥ χ \udcff 漢", end="")
    shown.flush()
    assert shown.buffer.getvalue() == rb"... - x >= \u03c7 \udcff \u6f22"


def test_logs_are_utf_8_and_take_names_that_are_no_text(tmp_path, monkeypatch):
    log = tmp_path / "log"
    monkeypatch.setattr(LOG, "propagate", False)
    cli.start_log(str(log))
    try:
        LOG.info("χ %s", "caf\udce9")
    finally:
        LOG.handlers.pop().close()
    assert log.read_text(encoding="utf-8").endswith("χ caf\\udce9\n")


def test_files_are_utf_8_whatever_the_locale(tmp_path):
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    write_json(here, {"representation": "f – χ"})
    program = f"from convac.files import write_json, read_json; write_json({str(there)!r}, read_json({str(here)!r}))"
    done = run("C", "-c", program)
    assert done.returncode == 0, done.stderr.decode()
    assert here.read_bytes() == there.read_bytes()
