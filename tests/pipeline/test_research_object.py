"""A run as a research object: the RO-Crate that a reporter plugin of Snakemake writes, read as any program reads it."""

import json
from pathlib import Path

import pandas as pd

CRATE = "ro-crate-metadata.json"


def test_a_crate_has_every_job_with_its_command_and_files(clone):
    clone.snakemake("--reporter", "fairscape")
    content = json.loads((clone.path / CRATE).read_text(encoding="utf-8"))
    graph = {entity["@id"]: entity for entity in content["@graph"]}
    about = graph[CRATE]
    assert about["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/1.")
    root = graph[about["about"]["@id"]]
    assert {part["@id"] for part in root["hasPart"]} <= set(graph)

    def names(entity, key):
        return {graph[each["@id"]]["contentUrl"] for each in entity.get(key, ())}

    jobs = [entity for entity in graph.values() if "python -m convac" in entity.get("command", "")]
    made = {path for job in jobs for path in names(job, "generated")}
    (collect,) = (job for job in jobs if "results/smoke/tables/pooling_geometry.parquet" in names(job, "generated"))
    assert "convac collect" in collect["command"]
    # from the table back to every network and its images
    cells = pd.read_parquet(clone.path / "results/smoke/tables/pooling_geometry.parquet")["cell"].unique()
    histories = {path for path in names(collect, "usedDataset") if Path(path).name == "history.parquet"}
    assert {Path(path).parent.name for path in histories} == set(cells) - {c for c in cells if not runs(clone, c)}
    for history in histories:
        (train,) = (job for job in jobs if history in names(job, "generated"))
        assert any(path.endswith("data.safetensors") for path in names(train, "usedDataset"))
    assert made
    assert all((clone.path / path).is_file() for path in made)


def runs(clone, cell):
    """Whether a cell trained a network; others are datasets."""
    return (clone.path / "results/runs" / cell).is_dir()
