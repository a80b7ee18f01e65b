"""docs/add-an-engine.md, step by step, in a copy of the library: a file and its lines, and no network trains again."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/add-an-engine.md"
STEP = re.compile(
    r"(?:^(?:In )?`(?P<path>[^`\n]+)`(?:, below `(?P<line>[^`\n]+)`:)?\n\n)?^```python\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
HASHES = """
import json
from convac.provenance import source_hash
from convac.specs.kinds import kind_named, kinds
from convac.specs.dataset import DatasetSpec
from convac.specs.network import NetworkSpec
known = {"measurements": source_hash("convac.commands.entanglement")}
for base, command in ((DatasetSpec, "dataset"), (NetworkSpec, "train")):
    for kind in kinds(base):
        module = kind_named(base, kind).__module__
        known[module] = source_hash(f"convac.commands.{command}", module, f"convac.{base.room}.{kind}")
print(json.dumps(known))
"""
MEASURED = """
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.gram import needs
from convac.errors import ConvacError
print(found.engine, found.error > 1e3 * exact.error)
mask = np.arange(8) % 2 == 0
for seed, partition in ((1, "interleaved"), (2, [3])):
    network = random_circuit(PoolingTree.named("square", (2, 4)), 2, (2, 2), np.random.default_rng(seed))
    one, other = (measure(network, partition, engine=engine, largest_error=1e-5) for engine in ("gram", "brute"))
    for quantity in ("entropy", "renyi2", "geometric_measure"):
        assert abs(getattr(one, quantity) - getattr(other, quantity)) <= one.error + other.error
bytes_needed, operations = needs(circuit, mask)
refusals = (
    (circuit, {"largest_error": 1e-12}),
    (circuit, {"memory_limit": bytes_needed - 1}),
    (circuit, {"time_limit": operations / 4e9 * 0.99}),
    (TreeTensorNetwork.of(circuit), {}),
)
for source, options in refusals:
    try:
        measure(source, "interleaved", engine="gram", **options)
    except ConvacError as error:
        print(error)
"""


def python(library: Path, program: str) -> str:
    environment = {"PYTHONPATH": str(library), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_a_new_engine_by_the_document_is_measured_with_and_trains_nothing_again(tmp_path):
    library = tmp_path / "workflow"
    shutil.copytree(ROOT / "workflow/convac", library / "convac", ignore=shutil.ignore_patterns("__pycache__"))
    before = json.loads(python(library, HASHES))
    steps = [match.groupdict() for match in STEP.finditer(PAGE.read_text(encoding="utf-8"))]
    assert [bool(step["line"]) for step in steps if step["path"]] == [False] + [True] * 6
    for step in steps:
        if step["path"]:
            place = tmp_path / step["path"]
            assert place.exists() == bool(step["line"])
            text = place.read_text(encoding="utf-8") if place.exists() else ""
            if step["line"]:
                assert text.count(f"\n{step['line']}\n") == 1
                text = text.replace(f"\n{step['line']}\n", f"\n{step['line']}\n{step['text']}")
            place.write_text(text or step["text"], encoding="utf-8")
    after = json.loads(python(library, HASHES))
    assert {name for name in before if before[name] != after[name]} == {"measurements"}
    (program,) = (step["text"] for step in steps if not step["path"])
    taken, *refused = python(library, program + MEASURED).splitlines()
    assert taken == "gram True"
    wanted = (
        r"engine gram: squared singular values leave an error of .* nats; accepted: up to 1.0e-12, .*",
        r"engine gram: needs .* bytes; accepted: up to memory_limit, .*",
        r"engine gram: takes about .* s; accepted: up to time_limit, .* s",
        r"engine: gram doesn't measure a tree tensor network; accepted: auto, brute, spectrum, renyi2",
    )
    assert all(re.fullmatch(pattern, line) for pattern, line in zip(wanted, refused, strict=True)), refused
