"""`convac measure`: one JSON object for a circuit or a network, one line for a mistake."""

import json
import math

import numpy as np
import pytest

from convac.circuits.files import write_circuit
from convac.circuits.tree import random_circuit
from convac.cli import main
from convac.entanglement.measure import measure
from convac.geometry.trees import PoolingTree

CIRCUIT = random_circuit(PoolingTree.named("square", (4, 4)), 2, (3, 3), np.random.default_rng(0), classes=2)
NETWORKS = """
import numpy, torch
from convac import ConvAC, PoolingTree
def arithmetic():
    return ConvAC(PoolingTree.named("square", (4, 4)), 2, [3, 3], 2)
def convolutional():
    torch.manual_seed(0)
    layers = torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(27, 2)
    return torch.nn.Sequential(torch.nn.Unflatten(1, (1, 3)), *layers)
def recurrent():
    torch.manual_seed(0)
    network = torch.nn.RNN(1, 4, batch_first=True)
    return lambda steps: network(torch.tensor(steps, dtype=torch.float32)[..., None])[0][:, -1].detach().numpy()
def parity():
    return lambda inputs: 1 - 2 * (inputs.sum(1) % 2)
def table():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Embedding(3, 2), torch.nn.Flatten(), torch.nn.Linear(8, 1)).double()
def broken():
    raise RuntimeError("two\\nlines")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    write_circuit(tmp_path / "net.json", CIRCUIT)
    (tmp_path / "my_networks.py").write_text(NETWORKS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys, *options):
    main(["measure", *options, "--json"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    return json.loads(lines[0], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_circuit_file_is_measured(capsys):
    result = printed(capsys, "--circuit", "net.json", "--partition", "0,2,5", "--class", "1", "--generic")
    direct = measure(CIRCUIT, [0, 2, 5], output=1)
    assert result["engine"] == "spectrum"
    assert result["entropy"] == direct.entropy
    assert result["renyi2"] == direct.renyi2
    assert result["geometric_measure"] == direct.geometric_measure
    assert result["schmidt_number"] == direct.schmidt_number == result["generic_rank"]
    assert result["generic_rank_exact"] is True
    assert result["min_cut"]["value"] == direct.min_cut.value
    assert result["min_cut"]["log"] == pytest.approx(math.log(direct.min_cut.value))
    assert math.prod(edge["dimension"] for edge in result["min_cut"]["edges"]) == direct.min_cut.value
    assert np.sum(np.square(result["spectrum"])) == pytest.approx(1)


def test_sites_may_be_told_with_spaces_and_templates_as_integers(capsys):
    entropy = measure(CIRCUIT, [0, 2, 5]).entropy
    for sites in ("0, 2, 5", " 5,0 ,2,"):
        assert printed(capsys, "--circuit", "net.json", "--partition", sites)["entropy"] == entropy
    options = "--network", "my_networks:table", "--sites", "4", "--partition", "0"
    assert printed(capsys, *options, "--templates", "0, 1, 2")["schmidt_number"] == 2
    assert printed(capsys, *options)["engine"] == "grid"


def test_samples_of_a_function_and_their_seed(capsys):
    options = "--network", "my_networks:parity", "--sites", "12", "--partition", "start-end", "--engine", "grid-sampled"
    assert printed(capsys, *options, "--samples", "64", "--seed", "3")["reason"].startswith("asked for; 64 conf")
    with pytest.raises(SystemExit):
        main(["measure", *options, "--samples", "5"])
    assert "samples: got 5; accepted: at least 32" in capsys.readouterr().err
    for refused in (options[:-2], ("--circuit", "net.json", "--partition", "block")):
        with pytest.raises(SystemExit):
            main(["measure", *refused, "--samples", "64"])
        assert "samples: nothing is sampled here; accepted: with engine grid-sampled" in capsys.readouterr().err


def test_what_an_engine_cannot_give_is_null(capsys):
    result = printed(capsys, "--circuit", "net.json", "--partition", "block", "--engine", "renyi2")
    assert result["renyi2"] == pytest.approx(measure(CIRCUIT, "block").renyi2)
    assert result["entropy"] is None
    assert result["schmidt_number"] is None
    assert "spectrum" not in result


def test_networks_of_ones_own_are_measured(capsys):
    arithmetic = printed(capsys, "--network", "my_networks:arithmetic", "--partition", "left-right", "--class", "1")
    assert arithmetic["engine"] == "spectrum"
    torch_options = ("--network", "my_networks:convolutional", "--sites", "3,3", "--partition", "0,3,6")
    torch_module = printed(capsys, *torch_options, "--combination", "1,-1")
    assert torch_module["engine"] == "grid"
    assert torch_module["min_cut"] is None
    assert 0 < torch_module["entropy"] < math.log(8)
    steps = printed(capsys, "--network", "my_networks:recurrent", "--sites", "6", "--partition", "start-end")
    assert 0 < steps["entropy"] < math.log(8)
    parity = printed(capsys, "--network", "my_networks:parity", "--sites", "10", "--partition", "interleaved")
    assert parity["entropy"] == pytest.approx(0, abs=1e-9)
    assert parity["schmidt_number"] == 1


def test_people_get_lines_with_units(capsys):
    main(["measure", "--circuit", "net.json", "--partition", "left-right"])
    text = capsys.readouterr().out
    assert "nats" in text
    assert "min cut" in text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--circuit", "absent.json"], "absent.json: no such file"),
        (["--circuit", "net.json", "--class", "2"], "output: got class 2; accepted: 0 to 1"),
        (["--circuit", "net.json", "--combination", "1"], "output: got [1.0]; accepted: a class"),
        (["--circuit", "net.json", "--combination", "a"], "combination: got 'a'"),
        (["--circuit", "net.json", "--combination", ""], "combination: got ''; accepted: numbers"),
        (["--circuit", "net.json", "--combination", "1,-1", "--class", "0"], "class: given with a combination"),
        (["--circuit", ""], "is a folder; expected a JSON file"),
        (["--network", ""], "network: got ''; accepted: module:name"),
        (["--run", ""], "accepted: a run that was trained"),
        (["--network", "my_networks:parity", "--sites", ""], "sites: got ''; accepted: numbers"),
        (
            ["--network", "my_networks:parity", "--sites", "4", "--templates", ""],
            "templates: got ''; accepted: numbers",
        ),
        (["--circuit", "net.json", "--engine", "magic"], "engine: 'magic' is unknown; accepted: auto"),
        (["--circuit", "net.json", "--engine", "grid"], "engine: grid doesn't measure a circuit"),
        (["--circuit", "net.json", "--engine", "spectrum", "--memory-limit", "10"], "engine spectrum: needs"),
        (["--circuit", "net.json", "--tolerance", "2"], "tolerance: got 2.0"),
        (["--circuit", "net.json", "--sites", "4,4"], "sites: given for a source that has its own"),
        (["--network", "my_networks"], "network: got 'my_networks'; accepted: module:name or file.py:name"),
        (["--network", "absent:make"], "No module named 'absent'"),
        (["--network", "my_networks:absent"], "has no attribute 'absent'"),
        (["--network", "my_networks:broken"], "RuntimeError: two lines"),
        (["--network", "my_networks:parity"], "sites: is missing"),
        (["--network", "my_networks:parity", "--sites", "4", "--generic"], "generic: is for circuits"),
        (["--network", "my_networks:parity", "--sites", "30"], "engine grid"),
    ],
)
def test_a_mistake_is_told_in_one_line(capsys, options, says):
    with pytest.raises(SystemExit) as stopped:
        main(["measure", "--partition", "left-right", *options, "--json"])
    captured = capsys.readouterr()
    assert stopped.value.code == 1
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert len(captured.err) <= 210
    assert captured.out == ""


def test_what_has_no_generic_rank_is_told_before_anything_is_measured(capsys, monkeypatch):
    monkeypatch.setattr("convac.commands.measure.measure", lambda *arguments, **options: pytest.fail("measured"))
    with pytest.raises(SystemExit):
        main(["measure", "--network", "my_networks:parity", "--sites", "4", "--partition", "0", "--generic"])
    assert "generic: is for circuits" in capsys.readouterr().err


@pytest.mark.parametrize("partition", ["up-down", "0,0", "99", ",".join(map(str, range(16))), "-1"])
def test_bad_partitions_are_refused_by_name(capsys, partition):
    with pytest.raises(SystemExit):
        main(["measure", "--circuit", "net.json", f"--partition={partition}"])
    assert "partition: " in capsys.readouterr().err
