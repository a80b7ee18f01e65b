"""`convac explain`: everything that is known of one claim, or one line."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from convac.cli import main
from convac.experiments.discovery import claims_of
from convac.files import read_table, write_table

REFERENCE = "results/reference"
OF_EACH_KIND = ("layer-widths-convnet-global", "min-cut-bound", "min-cut-mixed")


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_a_claim_is_explained_from_the_reference(name, capsys):
    main(["explain", name])
    told = capsys.readouterr().out
    line = pd.read_csv(f"{REFERENCE}/claims.csv").set_index("id").loc[name]
    assert told.startswith(f"{name}: {line['statement']}\nsource: {line['source']}\norigin: {line['origin']}")
    assert f"verdict: {line['verdict']}\n" in told
    assert told.count("\n  seed ") == (line["n"] if line["kind"] == "interval" else 0)


@pytest.mark.parametrize("name", [OF_EACH_KIND[0], "trained-entanglement-share-task"])
def test_the_seeds_of_an_interval_average_to_its_mean(name, capsys):
    main(["explain", name])
    told = capsys.readouterr().out
    lines = [line.removeprefix("  seed ") for line in told.splitlines() if line.startswith("  seed")]
    seeds = [float(line.partition(" (")[0].split(", ")[-1].replace("−", "-")) for line in lines]
    stored = pd.read_csv(f"{REFERENCE}/claims.csv").set_index("id").loc[name, "mean"]
    assert sum(seeds) / len(seeds) == pytest.approx(stored, abs=2e-3)
    assert [int(line.partition(":")[0]) for line in lines] == sorted(int(line.partition(":")[0]) for line in lines)


def test_an_equivalence_of_every_pair_is_told_by_pair(capsys):
    name = "trained-entanglement-share-label"
    main(["explain", name])
    header = "per pair (means over seeds: first, second, difference; then the difference of every seed):\n"
    told = capsys.readouterr().out.partition(header)[2]
    lines = [line.replace("−", "-").split("; ") for line in told.splitlines() if line.startswith("  ")]
    differences = [float(means.rsplit(", ", 1)[1]) for means, _ in lines]
    for mean, (_, every) in zip(differences, lines, strict=True):
        assert mean == pytest.approx(np.mean([float(each.split(": ")[1]) for each in every.split(", ")]), abs=2e-3)
    stored = pd.read_csv(f"{REFERENCE}/claims.csv").set_index("id").loc[name, "mean"]
    assert any(value == pytest.approx(stored, abs=2e-3) for value in differences)
    assert len(differences) > 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["min-cut-mixd"], "claim: 'min-cut-mixd' is unknown; accepted: an id of the ledger, such as min-cut-mixed"),
        (["min-cut-mixed", "--results", "nowhere"], "nowhere/tables/min_cut.parquet: is missing; accepted: --results"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(arguments, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["explain", *arguments])
    assert ended.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"convac: {told}")
    assert captured.err.count("\n") == 1
    assert len(captured.err) <= 200 + len("convac: \n")


def test_a_variant_is_explained_from_its_own_run(tmp_path, capsys):
    for folder, suffix in (("tables", "parquet"), ("claims", "csv")):
        (tmp_path / folder).mkdir()
        shutil.copy(f"{REFERENCE}/{folder}/min_cut.{suffix}", tmp_path / folder / f"my_cuts.{suffix}")
    main(["explain", "min-cut-mixed", "--results", str(tmp_path), "--experiment", "my_cuts"])
    told = capsys.readouterr().out
    assert "experiment: my_cuts\n" in told
    assert f"{tmp_path}/figures/my_cuts.png" in told


def test_a_claim_on_published_images_is_explained_from_their_reference(capsys):
    main(["explain", "layer-widths-convnet-local", "--experiment", "layer_widths_fashion_mnist"])
    told = capsys.readouterr().out
    line = pd.read_csv(f"{REFERENCE}/images/claims.csv").set_index("id").loc["layer-widths-convnet-local"]
    assert f"verdict: {line['verdict']}\n" in told
    assert f"{REFERENCE}/images/figures/layer_widths_fashion_mnist.png" in told


def test_every_primary_can_be_told(capsys):
    for claim in claims_of("depth_efficiency"):
        if claim.role == "primary":
            main(["explain", claim.id])
    assert "Holm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda table: table.assign(verdict="proven"), "verdict proven is unknown; expected reproduced, contradicted"),
        (lambda table: table.assign(verdict=None), "is unknown; expected reproduced"),
        (lambda table: table.assign(kind="guess"), "kind guess is unknown; expected interval, exact"),
        (lambda table: table.assign(role=1), "role 1 is unknown; expected primary, secondary"),
        (lambda table: table.assign(origin="rumour"), "origin rumour is unknown; expected paper, ours, check"),
        (lambda table: pd.concat([table, table[:1]]), "appears twice; expected every claim once"),
        (lambda table: table.assign(id=None), "appears twice"),
        (lambda table: table.drop(columns="example"), "column example is missing"),
    ],
)
@pytest.mark.parametrize("command", ["ledger", "explain"])
def test_verdicts_of_another_kind_are_refused_in_one_line(tmp_path, monkeypatch, capsys, command, change, told):
    for part in ("tables/min_cut.parquet", "claims/min_cut.csv"):
        (tmp_path / part).parent.mkdir()
        (tmp_path / part).write_bytes((Path(REFERENCE) / part).read_bytes())
    monkeypatch.chdir(tmp_path)
    write_table("claims/min_cut.csv", change(read_table("claims/min_cut.csv")))
    outputs = ["--csv", "x.csv", "--markdown", "x.md", "--html", "x.html"]
    options = {"ledger": ["--claims", "claims/min_cut.csv", *outputs], "explain": ["min-cut-mixed", "--results", "."]}
    with pytest.raises(SystemExit):
        main([command, *options[command]])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("convac: claims/min_cut.csv: ")
    assert told in line
    assert not Path("x.csv").exists()
