"""docs/add-a-kind.md, step by step, in a copy of the library: two files a kind, and no other job's code changes."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:^`(?P<path>[^`\n]+)`\n\n)?^```python\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
HASHES = """
import json
from convac.provenance import source_hash
from convac.specs.kinds import kind_named, kinds
from convac.specs.dataset import DatasetSpec
from convac.specs.measurement import MeasurementSpec
from convac.specs.network import NetworkSpec
known = {}
for base, command in ((DatasetSpec, "dataset"), (NetworkSpec, "train"), (MeasurementSpec, "entanglement")):
    for kind in kinds(base):
        module = kind_named(base, kind).__module__
        known[module] = source_hash(f"convac.commands.{command}", module, f"convac.{base.room}.{kind}")
print(json.dumps(known))
"""
TRAINED = """
import importlib
from convac.specs.run import folder
from convac.specs.spec import canonical
from convac.training.loop import train
assert RunSpec.model_validate_json(canonical(run)) == run
arrays = importlib.import_module(run.dataset.modules[-1]).generate(**run.dataset.arguments)
result = train(run, arrays)
assert sum(tensor[0].size for tensor in result.tensors.values()) == run.network.parameters()
print(folder(run), set(result.history["quantity"]) >= {"loss", "test_accuracy"})

from convac.commands.entanglement import measured
from convac.measurement.trained import Trained
from convac.planning import costs
from convac.specs.tables import COLUMNS, QUANTITIES, table_of, tidy
assert MeasureSpec.model_validate_json(canonical(measure)) == measure
assert costs.measure(run, measure).seconds > 0
table = table_of(measured(Trained(run, result.tensors, result.history, arrays), measure))
assert set(table.columns) <= set(COLUMNS) and set(table["quantity"]) <= set(QUANTITIES)
assert len(tidy(table.assign(cell="cell"))) == 4
dark = table[table["missing"] == "last 8 columns"]["value"]
labels = arrays["test_labels"]
assert set(dark) <= {float((labels == label).mean()) for label in (0, 1)}  # without pixels all answers are one
"""


def python(library: Path, program: str) -> str:
    environment = {"PYTHONPATH": str(library), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_new_kinds_by_the_document_are_two_files_each_and_change_no_other_job(tmp_path):
    library = tmp_path / "workflow"
    shutil.copytree(ROOT / "workflow/convac", library / "convac", ignore=shutil.ignore_patterns("__pycache__"))
    before = json.loads(python(library, HASHES))
    blocks = [match.groupdict() for match in BLOCK.finditer((ROOT / "docs/add-a-kind.md").read_text(encoding="utf-8"))]
    written = [block["path"] for block in blocks if block["path"]]
    assert len(written) == 6
    for block in blocks:
        if block["path"]:
            (tmp_path / block["path"]).write_text(block["text"], encoding="utf-8")
    after = json.loads(python(library, HASHES))
    assert {module: after[module] for module in before} == before
    assert after.keys() - before.keys() == {
        "convac.specs.networks.linear",
        "convac.specs.datasets.stripes",
        "convac.specs.measurements.occlusion",
    }
    (run,) = (block["text"] for block in blocks if not block["path"])
    printed = python(library, run + TRAINED)
    assert re.fullmatch(r"stripes-linear-square-w1-[0-9a-f]{8} True", printed.strip())
