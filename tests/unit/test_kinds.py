"""Kinds of networks and datasets: a file each, found by name, and no job depends on another's."""

import importlib
import inspect
import json
from pathlib import Path

import pytest

from convac.errors import ConfigError
from convac.provenance import LIBRARY, closure
from convac.specs.dataset import DatasetSpec
from convac.specs.kinds import kind_named, kinds, of_kind
from convac.specs.measurement import MeasurementSpec
from convac.specs.network import NetworkSpec
from convac.specs.run import RunSpec
from convac.specs.spec import canonical

MAKES = {NetworkSpec: "def build(", DatasetSpec: "def generate(", MeasurementSpec: "def rows("}
COMMANDS = {
    NetworkSpec: "convac.commands.train",
    DatasetSpec: "convac.commands.dataset",
    MeasurementSpec: "convac.commands.entanglement",
}
EVERY = [(base, kind) for base in MAKES for kind in kinds(base)]
every_kind = pytest.mark.parametrize(("base", "kind"), EVERY, ids=[kind for _, kind in EVERY])


@pytest.mark.parametrize("base", MAKES)
def test_every_type_is_made_by_a_file_of_its_name(base):
    made = {path.stem for path in Path(LIBRARY, base.room).glob("*.py") if MAKES[base] in path.read_text()}
    assert set(kinds(base)) == made


@every_kind
def test_a_job_depends_on_its_own_kind_alone(base, kind):
    own = kind_named(base, kind)
    named = [f"convac.specs.{base.folder}.{kind}", f"convac.{base.room}.{kind}"]
    assert own.kind == kind
    found = closure(COMMANDS[base], *named)
    others = {f"convac.specs.{base.folder}.{other}" for other in kinds(base) if other != kind}
    assert not others & set(found)
    if base is not DatasetSpec:  # clutter and marks share a few functions
        assert not {f"convac.{base.room}.{other}" for other in kinds(base) if other != kind} & set(found)


def test_measuring_depends_on_no_kind_of_network():
    found = closure("convac.commands.entanglement", *(f"convac.measurement.{kind}" for kind in kinds(MeasurementSpec)))
    assert not {f"convac.networks.{kind}" for kind in kinds(NetworkSpec)} & set(found)


@pytest.mark.parametrize("kind", kinds(DatasetSpec))
def test_the_fields_of_a_dataset_are_what_its_generator_takes(kind):
    fields = {
        name: field.get_default() if not field.is_required() else inspect.Parameter.empty
        for name, field in kind_named(DatasetSpec, kind).model_fields.items()
        if name not in DatasetSpec.model_fields
    }
    taken = inspect.signature(importlib.import_module(f"convac.datasets.{kind}").generate).parameters
    wanted = {name: parameter.default for name, parameter in taken.items() if name != "folder"}
    if "seed" in fields and fields["seed"] is None:  # or one for each training run
        fields["seed"] = inspect.Parameter.empty
    assert fields == wanted


RUN = {
    "dataset": {"kind": "digits", "source": "digits", "seed": 0, "size": 8},
    "network": {"kind": "overlapping", "geometry": "square", "sites": [4, 4], "widths": [3, 3], "kernel": 2},
    "training": {"steps": 10, "lr": 0.001, "seeds": [0, 1]},
}


def test_json_says_the_kind_and_all_fields_of_it():
    run = RunSpec.model_validate_json(json.dumps(RUN))
    written = json.loads(canonical(run))
    assert written["network"]["kind"] == "overlapping"
    assert written["network"]["kernel"] == 2
    assert written["dataset"]["shades"] == 256
    assert RunSpec.model_validate_json(canonical(run)) == run
    assert run.modules == (
        "convac.specs.datasets.digits",
        "convac.datasets.digits",
        "convac.specs.networks.overlapping",
        "convac.networks.overlapping",
    )


@pytest.mark.parametrize("kind", ["layers", "Arithmetic", "../run", "__init__", "", None, 3, ["arithmetic"]])
def test_an_unknown_kind_is_refused_in_one_line(kind):
    with pytest.raises(ConfigError, match=r"^run\.kind: .* is unknown; accepted: arithmetic, convolutional, "):
        of_kind(NetworkSpec, {"kind": kind}, "run")


@pytest.mark.parametrize("value", [None, 3, "arithmetic", [], {}, {"geometry": "square"}])
def test_what_says_no_kind_is_refused_in_one_line(value):
    with pytest.raises(ConfigError, match=r"^run: .* is not accepted; accepted: a block that says its kind"):
        of_kind(NetworkSpec, value, "run")
