"""The documents tell the truth: their steps are followed, word by word, in a clone."""

import json
import re
import shlex
import sys

import pandas as pd
import yaml
from clones import KEPT, ROOT, Clone, merge, planned_counts

# a fenced block; a path on a line of its own before it names the file that it is the text of
BLOCK = re.compile(r"(?:^`(?P<path>[^`\n]+)`\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = "random_networks"
GENERATE = "PYTHONPATH=workflow python -m convac generate"


def blocks(document: str) -> list[dict[str, str]]:
    """The fenced blocks of a document in docs: path (or None), language, text."""
    return [match.groupdict() for match in BLOCK.finditer((ROOT / "docs" / document).read_text(encoding="utf-8"))]


def write_files(clone: Clone, document: str) -> None:
    """Write every file that a document gives the text of."""
    for block in blocks(document):
        if block["path"]:
            (clone.path / block["path"]).parent.mkdir(exist_ok=True)
            (clone.path / block["path"]).write_text(block["text"], encoding="utf-8")


def configure(clone: Clone, block: str) -> None:
    """Put a block under `experiments:` of config.yaml."""
    path = clone.path / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(merge(config, {"experiments": yaml.safe_load(block)})))


def follow(clone: Clone, line: str) -> str:
    """Run a line of a document; what it prints."""
    words = shlex.split(line)
    if words[0] == "snakemake":  # at the tests' sizes, which need one core
        return clone.snakemake(*(word for word in words[1:] if word not in {"--cores", "1"}))
    # `make generate` less its set-up, which would make another environment
    done = clone.run("bash", "-c", GENERATE if line == "make generate" else line)
    return done.stdout + done.stderr


def test_an_experiment_is_short():
    given = [block["text"] for block in blocks("add-an-experiment.md") if block["language"] in {"python", "yaml"}]
    assert sum(bool(line.strip()) for text in given for line in text.splitlines()) <= 85
    template = json.loads((ROOT / "docs/experiment.ipynb").read_text(encoding="utf-8"))
    assert len(template["cells"]) <= 3


def test_a_new_experiment_by_the_document_changes_only_its_own_jobs(clone):
    kept = ("results/runs/**/*", "results/smoke/tables/*", "results/smoke/figures/*")
    before = {path: text for pattern in kept for path, text in clone.files(pattern).items()}
    assert clone.planned() == set()
    document = "add-an-experiment.md"
    write_files(clone, document)
    printed = {}
    for block in blocks(document):
        if block["language"] == "yaml":
            configure(clone, block["text"])
        if block["language"] == "sh":
            printed.update({line: follow(clone, line) for line in block["text"].splitlines()})
    # what the dry run announced
    dry = printed["snakemake -n --config scale=smoke"]
    own = {"spec", "theory", "cells", "collect", "claims", f"figure_{NAME}"}
    assert set(planned_counts(dry)) == own | {"ledger", "explorer", "manifest", "all"}
    jobs = [line for line in dry.splitlines() if re.match(r"Job \d+: ", line)]
    assert jobs
    assert not [line for line in jobs if any(name in line for name in KEPT)]
    # what the run made
    assert (clone.path / f"results/smoke/figures/{NAME}.png").stat().st_size > 5000
    table = pd.read_parquet(clone.path / f"results/smoke/tables/{NAME}.parquet")
    assert set(table["quantity"]) == {"entropy", "min_cut_log"}
    assert set(table["width"]) == {2, 4}
    verdicts = pd.read_csv(clone.path / f"results/smoke/claims/{NAME}.csv").set_index("id")["verdict"]
    assert verdicts.to_dict() == {"random-networks-bound": "smoke", "random-networks-width": "smoke"}
    # what it left alone
    clone.snakemake()
    assert clone.planned() == set()
    after = clone.files()
    assert {path: after[path] for path in before} == before
    # generated files know the experiment
    for path in ("README.md", "docs/experiments.md", "workflow/schemas/config.schema.yaml"):
        assert NAME in (clone.path / path).read_text(encoding="utf-8"), path
    clone.run("bash", "-c", f"{GENERATE} --check")


def test_the_claims_of_the_document_can_be_true_and_false(fresh):
    write_files(fresh, "add-an-experiment.md")
    program = (
        "import sys; sys.path.insert(0, 'workflow')\n"
        "import numpy as np\n"
        "from convac.claims.planted import mirrored, planted\n"
        "from convac.claims.verdicts import evaluate\n"
        f"from convac.experiments.{NAME}.claims import CLAIMS\n"
        "for claim in CLAIMS:\n"
        "    table = planted(claim, np.random.default_rng(0))\n"
        "    print(evaluate(claim, table).verdict, evaluate(claim, mirrored(claim, table)).verdict)\n"
    )
    assert fresh.run(sys.executable, "-c", program).stdout.split() == ["reproduced", "contradicted"] * 2


def test_a_variant_by_the_document_trains_its_own_networks_only(clone):
    text = next(block["text"] for block in blocks("change-a-width.md") if block["language"] == "yaml")
    name, variant = yaml.safe_load(text)["experiments"].popitem()
    clone.configure({"experiments": {name: variant}})
    printed = clone.snakemake(name, "-n")
    trained = [line for line in printed.splitlines() if re.match(r"Job \d+: train ", line)]
    assert len(trained) == planned_counts(printed)["train"] > 0
    assert all(any(f"-w{width}-" in line for width in variant["widths"]) for line in trained)
    assert "dataset" not in planned_counts(printed)


def test_the_catalogs_snakefile_is_the_same_workflow(clone):
    assert clone.planned("--snakefile", "workflow/Snakefile") == set()
    assert clone.planned("--snakefile", "workflow/Snakefile", "--forcerun", "ledger") == {
        "ledger",
        "manifest",
        "all",
    }
