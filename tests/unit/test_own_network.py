"""`convac measure --network`: the user's code runs as `python mine.py` runs it, and prints beside the answer."""

import json
import subprocess
import sys

import pytest

from convac.cli import main

MINE = """
import argparse, ctypes, os, subprocess, sys, types, warnings
import numpy
import torch
import convac

print("printed at import")
warnings.warn("warned at import")


def talkative():
    print("printed by Python")
    sys.__stdout__.write("written past redirection\\n")
    os.write(1, b"written by number\\n")
    ctypes.CDLL(None).puts(b"printed by C")
    subprocess.run(["echo", "printed by a program"], check=True)


def f(inputs):
    talkative()
    return inputs.prod(axis=tuple(range(1, inputs.ndim)))


def make():
    talkative()
    return f


def parsed():
    parser = argparse.ArgumentParser()
    parser.add_argument("--partition", type=int, default=3)
    assert parser.parse_args().partition == 3
    assert sys.argv == ["mine"], sys.argv
    return f


def lazy():
    def function(inputs):
        import beside

        return beside.g(inputs)

    return function


class Net(torch.nn.Module):
    def __init__(self, width=2):
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(4, width)

    def forward(self, inputs):
        print("printed forward")
        return self.layer(inputs).sin()


class Wide(Net):
    def __init__(self, width):
        super().__init__(width)


net = Net()
circuit = convac.random_circuit(convac.PoolingTree.named("line", (4,)), 2, (2, 2), numpy.random.default_rng(0))
chain = convac.from_mps([numpy.eye(2)[None], numpy.eye(2)[:, None, :]])
state = numpy.ones((2, 2, 2, 2))
models = types.SimpleNamespace(small=types.SimpleNamespace(make=make))
scipy = types.ModuleType("scipy")
number = 7


def fails():
    raise RuntimeError("on purpose")


def leaves():
    sys.exit("enough")


def leaves_later():
    return lambda inputs: sys.exit(0)


def gives_nothing():
    pass


def gives_class():
    return Net


async def waits():
    return net
"""
ENTANGLED = "def g(inputs):\n    return (inputs[:, 0] == inputs[:, 1]) * 1.0\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "beside.py").write_text(ENTANGLED)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/torch.py").write_text("def make():\n    return lambda inputs: inputs[:, 0]\n")
    monkeypatch.chdir(tmp_path)
    # as the first import of a process of its own
    for name in ("mine", "beside"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def measured(capfd, network, *options, sites="4"):
    shape = ("--sites", sites) if sites else ()
    main(["measure", "--network", network, "--partition", "0", *shape, *options, "--json"])
    captured = capfd.readouterr()
    lines = captured.out.splitlines()
    assert len(lines) == 1, captured.out
    return json.loads(lines[0]), captured.err


@pytest.mark.filterwarnings("ignore:warned at import")
@pytest.mark.parametrize("network", ["mine:make", "mine.py:make", "./mine.py:make", "mine:f", "mine:models.small.make"])
def test_whatever_it_prints_goes_to_the_error_stream(capfd, network):
    before = list(sys.path), list(sys.argv)
    result, said = measured(capfd, network)
    assert result["schmidt_number"] == 1
    for words in ("at import", "by Python", "past redirection", "by number", "by C", "by a program"):
        assert words in said
    assert (sys.path, sys.argv) == before


@pytest.mark.filterwarnings("ignore:warned at import")
@pytest.mark.parametrize(
    ("network", "sites", "rank"),
    [
        ("mine:parsed", "4", 1),
        ("mine:lazy", "4", 2),
        ("mine:net", "4", 2),
        ("mine:Net", "4", 2),
        ("mine:circuit", None, 2),
        ("mine:chain", None, 2),
        ("mine:state", None, 1),
        ("sub/torch.py:make", "4", 1),
    ],
)
def test_a_factory_or_what_is_measured_itself_is_taken(capfd, network, sites, rank):
    assert measured(capfd, network, sites=sites)[0]["schmidt_number"] == rank


@pytest.mark.filterwarnings("ignore:warned at import", "ignore:coroutine")
@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("mine", "network: got 'mine'; accepted: module:name or file.py:name"),
        ("mine.py", "network: got 'mine.py'; accepted: module:name or file.py:name"),
        (":make", "network: got ':make'; accepted: module:name or file.py:name"),
        ("mine:", "network: got 'mine:'; accepted: module:name or file.py:name"),
        ("absent.py:make", "network: absent.py: no such file; accepted: module:name or file.py:name"),
        ("./:make", "network: ./: is a folder; accepted: module:name or file.py:name"),
        ("mine:absent", "has no attribute 'absent'; accepted: module:name or file.py:name"),
        ("mine:fails", "network: mine:fails: RuntimeError: on purpose; accepted: a ConvAC, circuit, torch module"),
        ("mine:Wide", "missing 1 required positional argument: 'width'; accepted: a ConvAC, circuit, torch module"),
        ("mine:scipy", "network: mine:scipy: is the module scipy; accepted: a ConvAC, circuit, torch module"),
        ("mine:number", "network: mine:number: is of type int; accepted: a ConvAC, circuit"),
        ("mine:gives_nothing", "network: mine:gives_nothing: makes what is nothing; accepted: a ConvAC"),
        ("mine:gives_class", "network: mine:gives_class: makes what is the class Net; accepted: a ConvAC"),
        ("mine:waits", "network: mine:waits: makes what is of type coroutine; accepted: a ConvAC"),
        ("mine:leaves", "network: mine:leaves: ended the program, status enough; accepted: a ConvAC"),
        ("mine:leaves_later", "network: mine:leaves_later: ended the program, status 0; accepted: a ConvAC"),
    ],
)
def test_anything_else_is_refused_in_one_line(capfd, network, says):
    with pytest.raises(SystemExit) as stopped:
        main(["measure", "--network", network, "--partition", "0", "--sites", "4", "--json"])
    captured = capfd.readouterr()
    assert stopped.value.code == 1
    assert captured.out == ""
    lines = [line for line in captured.err.splitlines() if line.startswith("convac: ")]
    assert len(lines) == 1
    assert says in lines[0]
    assert len(lines[0]) <= 210


def test_a_file_elsewhere_finds_its_neighbours_and_keeps_the_working_folder(folder, capfd):
    other = folder / "else where"
    other.mkdir()
    (other / "near.py").write_text(ENTANGLED)
    (other / "far.py").write_text(f"import os, near\nassert os.getcwd() == {str(folder)!r}\nmake = lambda: near.g\n")
    assert measured(capfd, "else where/far.py:make")[0]["schmidt_number"] == 2


def test_a_file_may_have_the_name_of_a_library(folder):
    words = ["measure", "--network", "sub/torch.py:make", "--sites", "2", "--partition", "0", "--json"]
    done = subprocess.run([sys.executable, "-m", "convac", *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["schmidt_number"] == 1


def test_what_it_does_at_exit_is_done_and_is_no_part_of_the_answer(folder):
    (folder / "late.py").write_text(
        "import atexit\n"
        "atexit.register(lambda: (print('printed at exit'), open('done', 'w').close()))\n"
        "make = lambda: lambda inputs: inputs[:, 0]\n"
    )
    words = ["measure", "--network", "late.py:make", "--sites", "2", "--partition", "0", "--json"]
    script = "import sys; from convac.cli import main; sys.exit(main())"
    for program in (["-m", "convac"], ["-c", script]):
        (folder / "done").unlink(missing_ok=True)
        done = subprocess.run([sys.executable, *program, *words], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["schmidt_number"] == 1
        assert "printed at exit" in done.stderr
        assert (folder / "done").exists()


@pytest.mark.parametrize("closed", [1, 2])
def test_closed_streams_are_no_reason_for_a_traceback(closed):
    program = [sys.executable, "-m", "convac", "measure", "--network", "mine:f", "--sites", "2", "--partition", "0"]
    command = ["sh", "-c", f'exec "$@" {closed}>&-', "sh", *program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
