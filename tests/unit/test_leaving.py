"""How commands start and end: the garbage collector is off while libraries are imported, and nothing is lost by it."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from convac import cli

LIBRARY = Path(cli.__file__).parents[1]
# a user's module that leaves everything to Python's end: an exit handler, an open file, a cycle, a line without its end
MODULE = """
import atexit, logging, sys, threading, time, weakref

class Cycle:
    def __init__(self):
        self.itself = self
    def __del__(self):
        open("cycle", "w").write("kept")

def wait():
    time.sleep(0.5)
    open("thread", "w").write("kept")

def network():
    atexit.register(lambda: open("atexit", "w").write("kept"))
    threading.Thread(target=wait).start()
    logging.getLogger("mine").addHandler(logging.FileHandler("log", delay=False))
    logging.getLogger("mine").warning("kept")
    network.file = open("file", "w")
    network.file.write("kept")
    cycle = Cycle()
    sys.stderr.write("no end of line")
    return lambda inputs: 1 - 2 * (inputs.sum(1) % 2)
"""
LEFT = ("cycle", "thread", "atexit", "log", "file")


@pytest.mark.parametrize(("sites", "code"), [("2,2", 0), ("2,two", 1)])
def test_nothing_is_lost_when_a_command_ends(tmp_path, sites, code):
    (tmp_path / "mine.py").write_text(MODULE)
    given = ["measure", "--network", "mine:network", "--sites", sites, "--partition", "left-right", "--json"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "convac", *given],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert (done.stdout[:1], done.stdout[-2:]) == (("{", "}\n") if code == 0 else ("", ""))
    assert "no end of line" in done.stderr
    assert {name: (tmp_path / name).read_text().strip() for name in LEFT} == dict.fromkeys(LEFT, "kept")


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("command", ["verify", "nothing"])
def test_the_collector_is_as_it_was(monkeypatch, on, command):
    seen = []
    real = cli.importlib.import_module

    def importing(name):
        seen.append(gc.isenabled())
        return real(name)

    monkeypatch.setattr(cli.importlib, "import_module", importing)
    (gc.enable if on else gc.disable)()
    try:
        if command == "nothing":
            with pytest.raises(ModuleNotFoundError):
                cli.imported(command)
        else:
            assert cli.imported(command).__name__ == f"convac.commands.{command}"
        assert gc.isenabled() == on
        assert seen == [False]
    finally:
        gc.enable()
        gc.unfreeze()
