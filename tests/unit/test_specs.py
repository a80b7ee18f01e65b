import copy
import datetime
import json
import os
import re
from functools import reduce
from operator import getitem
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from convac.circuits.tree import Circuit, random_circuit
from convac.errors import ArgumentError, ConfigError
from convac.experiments.discovery import studies, study_module
from convac.experiments.pooling_geometry.block import even_windows
from convac.geometry.trees import PoolingTree
from convac.planning import costs
from convac.planning.config import SCALES, block_at, blocks, config_mistakes, merged, start_mistakes
from convac.planning.place import place_mistakes
from convac.planning.plan import Plan
from convac.specs.dataset import DOWNLOADED
from convac.specs.datasets.agreement import AgreementSpec
from convac.specs.datasets.blobs import BlobsSpec
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.job import read_job
from convac.specs.parsing import mistakes, parse
from convac.specs.run import RunSpec, folder
from convac.specs.spec import canonical, digest

SPEC = {
    "dataset": {"kind": "blobs", "task": "closedness", "seed": 0},
    "network": {"kind": "arithmetic", "geometry": "square", "sites": [4, 4], "widths": [3, 3]},
    "training": {"steps": 10, "lr": 0.001, "seeds": [0, 1]},
}
ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def changed(path: str, value: object) -> dict:
    spec = copy.deepcopy(SPEC)
    place = spec
    *keys, last = path.split(".")
    for key in keys:
        place = place[key]
    place[last] = value
    return spec


def test_a_spec_survives_its_file():
    spec = parse(RunSpec, SPEC)
    again = parse(RunSpec, json.loads(canonical(spec)))
    assert again == spec
    assert digest(again) == digest(spec)
    assert folder(spec).endswith(digest(spec))
    assert digest(parse(RunSpec, changed("training.lr", 0.002))) != digest(spec)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("training.lr", "1e-3", "run.training.lr: '1e-3' is a string in YAML; write 1.0e-3"),
        ("training.step", 3, "run.training.step: unknown key; did you mean steps"),
        ("network.widths", [3, -3], "run.network.widths.1: -3"),
        ("network.widths", [3], "one per level, 2"),
        ("network.geometry", "squar", "'squar' is unknown"),
        ("network.windows", [5, 5], "product 16"),
        ("training.seeds", 3, "run.training.seeds: 3"),
        ("training.lr", float("inf"), "run.training.lr"),
        ("dataset.kind", "../x", "run.dataset.kind"),
        ("training.steps", datetime.date(2020, 1, 2), 'run.training.steps: {"date": "2020-01-02"} is not accepted'),
        ("training.steps", 10**12, "run.training.steps: 1000000000000 is not accepted; accepted: less than or equal"),
        ("training.warm_up", 0.9, "run.training.warm_up: 0.9; accepted: at most four fifths of drop_at, 0.64"),
        ("training.warm_up", 0.65, "run.training.warm_up: 0.65; accepted: at most four fifths of drop_at"),
        ("training.warm_up", 1.0, "run.training.warm_up: 1.0 is not accepted; accepted: less than 1"),
        ("training.betas", [1.0, 0.9], "run.training.betas.0: 1.0 is not accepted; accepted: less than 1"),
        ("training.betas", [0.9, 1.0], "run.training.betas.1: 1.0 is not accepted; accepted: less than 1"),
        ("training.seeds", [], "run.training.seeds: [] is not accepted; accepted: entries, at least 1"),
    ],
)
def test_mistakes_name_the_key(path, value, words):
    lines = mistakes(RunSpec, changed(path, value), "run")
    assert words in lines[0]
    assert all(len(line) <= 200 and "\n" not in line for line in lines)
    with pytest.raises(ConfigError):
        parse(RunSpec, changed(path, value), "run")


def slip(key):
    """The key with its last two letters exchanged."""
    return key[:-2] + key[-1] + key[-2]


@pytest.mark.parametrize("name", ["pooling_geometry", "layer_widths", "data_entanglement"])
def test_a_slip_of_the_pen_is_one_line(name):
    block = CONFIG["experiments"][name]
    places = [(key,) for key in block] + [
        (key, inner) for key in block if isinstance(block[key], dict) for inner in block[key]
    ]
    for *outer, key in places:
        if "scales" in outer or slip(key) == key or len(key) < 4:  # too short to be near
            continue
        config = copy.deepcopy(CONFIG)
        inside = config["experiments"][name]
        for part in outer:
            inside = inside[part]
        inside[slip(key)] = inside.pop(key)
        where = ".".join(["experiments", name, *outer, slip(key)])
        (line,) = config_mistakes(config)
        assert line.startswith(f"{where}: unknown key; did you mean ")


def test_what_is_missing_beside_an_unknown_key_is_told():
    spec = changed("training.colour", 3)
    del spec["training"]["lr"]
    lines = mistakes(RunSpec, spec, "run")
    assert "run.training.lr: is missing; accepted: a block with this key" in lines
    assert any(line.startswith("run.training.colour: unknown key; accepted: ") for line in lines)


def test_a_file_that_holds_no_block_is_named_alone():
    assert mistakes(RunSpec, 3, "t.json")[0].startswith("t.json: 3 is not accepted")
    assert mistakes(RunSpec, 3)[0].startswith("config: 3 is not accepted")


@pytest.mark.parametrize("job", ["JobSpec", "Positive", "Field", "__doc__", 3, None])
def test_jobs_are_types_of_their_experiment_alone(job):
    with pytest.raises(ConfigError, match="accepted: a type of min_cut's jobs"):
        read_job({"study": "min_cut", "job": job}, "t.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    )
)
def test_any_value_is_refused_in_lines_or_accepted(value):
    for path in ("training.lr", "network", "dataset", "dataset.task"):
        assert all(len(line) <= 200 for line in mistakes(RunSpec, changed(path, value)))
    for key in ("scale", "local_data", "experiments"):
        assert all(len(line) <= 200 for line in config_mistakes({**CONFIG, key: value}))
    variant = {"experiments": {"pooling_geometry": value}}
    assert all(len(line) <= 200 for line in config_mistakes(merged(CONFIG, variant)))


@pytest.mark.parametrize("value", [3, True, ["data"], {}])
def test_local_data_is_a_folder_or_null(value):
    (line,) = config_mistakes({**CONFIG, "local_data": value})
    assert line.startswith("local_data: ")
    assert "accepted: a valid string" in line


@pytest.mark.parametrize("value", ["none", "", "x" * 5000, "\0", "file", "~/none", "$PLACE/none", "$NOWHERE"])
def test_local_data_must_be_there(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path.parent))
    monkeypatch.delenv("NOWHERE", raising=False)
    (tmp_path / "file").touch()
    (line,) = place_mistakes((), {"experiments": {}, "local_data": value})
    assert re.fullmatch("local_data: .*: no such folder; accepted: a folder with .*, or null: they are downl.*", line)
    assert len(line) <= 200
    for usable in (None, str(tmp_path), ".", "~", "$HOME", f"${{PLACE}}/{tmp_path.name}"):
        assert place_mistakes((), {"experiments": {}, "local_data": usable}) == []


def test_inputs_dated_in_the_future_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("early", "late", "made"):
        Path(name).touch()
        os.utime(name, (0, 0) if name == "early" else (2**32, 2**32))
    jobs = [
        SimpleNamespace(input=["early", "late", "none"], output=["made"]),
        SimpleNamespace(input=["made"], output=["none"]),
    ]
    (line,) = start_mistakes(jobs)
    assert line.startswith("late: dated 2106-02-")
    assert len(line) <= 200
    assert start_mistakes(jobs[1:]) == ["made: dated" + line.removeprefix("late: dated")]
    os.utime("late")
    assert start_mistakes(jobs) == []


@pytest.mark.parametrize("kind", ["runs", "datasets", "theory"])
def test_specs_are_restored(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    plan = Plan({"experiments": {name: CONFIG["experiments"][name] for name in ("pooling_geometry", "min_cut")}})
    name = next(iter({"runs": plan.runs, "datasets": plan.datasets, "theory": plan.theories}[kind]))
    path = Path(f"results/{kind}/{name}/spec.json")
    path.parent.mkdir(parents=True)
    assert plan.restore() == []
    assert not path.exists()  # nothing was made from it: its rule's task
    path.write_text(plan.spec(kind, name)[:-3])
    assert plan.restore() == [f"{path}: was damaged or missing; rewritten"]
    assert path.read_text() == plan.spec(kind, name) + "\n"
    assert plan.restore() == []
    path.rename(path.with_name("run.json"))
    assert len(plan.restore()) == 1
    assert path.read_text() == plan.spec(kind, name) + "\n"


def test_cells_that_nothing_meets_are_told_with_their_block():
    changes = {"experiments": {"layer_widths": {"convnet": {"parameters": [7]}}}}
    with pytest.raises(ConfigError, match=r"^experiments.layer_widths, scale \w+: parameters: 7 isn't met by "):
        Plan(merged(CONFIG, changes))


def test_a_dataset_tells_what_it_needs_downloaded():
    for source in DOWNLOADED:
        assert DigitsSpec(source=source, seed=0, size=8).originals == source
    assert DigitsSpec(source="digits", seed=0, size=8).originals is None
    assert BlobsSpec(task="symmetry", seed=0).originals is None


def test_disk_of_a_dataset():
    split = {"seed": 0, "train": 2000, "validation": 500, "test": 1500, "canvas": 64}
    for dataset in (
        BlobsSpec(task="symmetry", seed=0, rendered_train=3000, rendered_test=1000, side=64),
        DigitsSpec(source="digits", size=16, **split),
        AgreementSpec(task="parity", distance=2, **split),
    ):
        assert costs.dataset(dataset).disk_mb == 17


def test_the_config_plans_at_every_scale():
    assert config_mistakes(CONFIG) == []
    plan = Plan(CONFIG)
    for scale in SCALES:
        for name in plan.experiments:
            study = plan.studies[scale, name]
            assert study.cells
            assert set(study.tables()) <= set(plan.everything(scale))


EQUAL = {int: (float, bool), float: (bool,), bool: (int, float)}  # types whose numbers pass for others


def leaves(value, path=()):
    """Places and values of a block that are neither blocks nor lists."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


@pytest.mark.parametrize("name", CONFIG["experiments"])
@pytest.mark.parametrize("scale", SCALES)
def test_what_only_equals_an_integer_is_none(name, scale):
    block = block_at(name, CONFIG["experiments"], scale)
    model = study_module(block.pop("study", name)).Block
    assert mistakes(model, block) == []
    for path, value in leaves(block):
        for other in (kind(value) for kind in EQUAL.get(type(value), ())):
            changed = copy.deepcopy(block)
            reduce(getitem, path[:-1], changed)[path[-1]] = other
            assert mistakes(model, changed), (path, other)


def test_a_variant_takes_the_rest_from_its_study():
    variant = {"experiments": {"wide": {"study": "pooling_geometry", "widths": [32, 64]}}}
    found = blocks(merged(CONFIG, variant))
    study, block = found["laptop", "wide"]
    assert study == "pooling_geometry"
    assert block.widths == (32, 64)
    assert block.seeds == found["laptop", "pooling_geometry"][1].seeds
    plan = Plan(merged(CONFIG, variant))
    base = plan.studies["laptop", "pooling_geometry"].cells
    assert base.keys() & plan.studies["laptop", "wide"].cells.keys(), "equal cells are shared"


def test_studies_are_found_by_name():
    assert "pooling_geometry" in studies()


@pytest.mark.parametrize("levels", range(1, 11))
def test_even_windows(levels):
    tree = PoolingTree.named("square", (32, 32), even_windows(1024, levels))
    assert tree.levels == levels


def test_circuits_check_their_shapes(rng):
    tree = PoolingTree.named("line", (4,))
    circuit = random_circuit(tree, 2, (3, 2), rng, classes=2)
    assert circuit.widths == (3, 2)
    tensor = circuit.coefficient_tensor()
    assert tensor.shape == (2, 2, 2, 2, 2)
    for weights, output, words in [
        (circuit.weights[:1], circuit.output, "one per level"),
        (circuit.weights[::-1], circuit.output, "level 1"),
        (circuit.weights, circuit.output[:, :1], "output"),
        (circuit.weights, circuit.output * float("nan"), "finite"),
    ]:
        with pytest.raises(ArgumentError, match=words):
            Circuit(tree, 2, weights, output)
    with pytest.raises(ArgumentError, match="too many"):
        random_circuit(PoolingTree.named("line", (32,)), 2, (2,) * 5, rng).coefficient_tensor()


def test_amplitudes_by_hand(rng):
    tree = PoolingTree.named("dilated", (4,))
    circuit = random_circuit(tree, 2, (3, 2), rng)
    first, second = circuit.weights
    for inputs in np_indices():
        values = [first[place] @ [1 - inputs[site], inputs[site]] for place, site in enumerate(tree.order)]
        pooled = [values[0] * values[1], values[2] * values[3]]
        top = (second[0] @ pooled[0]) * (second[1] @ pooled[1])
        assert circuit.coefficient_tensor()[(0, *inputs)] == pytest.approx(float((circuit.output @ top)[0]))


def np_indices() -> list[tuple[int, ...]]:
    return [tuple(int(bit) for bit in f"{number:04b}") for number in range(16)]
