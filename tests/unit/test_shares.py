"""`convac shares`: seconds of jobs and of their loops, on a small made-up results folder."""

import json
import time
from pathlib import Path

import pandas as pd
import pytest

import convac.experiments.min_cut.compute as min_cut
from convac.cli import main

HEADER = "s\th:m:s\tmax_rss\tcpu_time\n"
TRAINED, OTHER, THEORY = "blobs-arithmetic-0a1b2c3d", "blobs-rectifier-11111111", "min-cut-22222222"
MEASURED = f"{TRAINED}-b3d0a239"


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def benchmark(folder, rule, name, seconds):
    write(folder / f"benchmarks/{rule}/{name}.tsv", f"{HEADER}{seconds}\t0:00:10\tNA\t1.0\n")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Two trained cells, one of them measured, and a theory job: 20, 10, 4, 6 s, of which 18, 7, 1, 3 in loops."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results")
    records = {
        f"runs/{TRAINED}/run.json": 18,
        f"runs/{OTHER}/run.json": 7.0,
        f"runs/{TRAINED}/entanglement-b3d0a239.json": 1.0,
        f"theory/{THEORY}/run.json": 3.0,
    }
    for path, seconds in records.items():
        write(folder / path, json.dumps({"seconds": seconds, "host": "here"}))
    tables = {
        "pooling": [f"runs/{TRAINED}/history", f"runs/{TRAINED}/entanglement-b3d0a239", "datasets/blobs-1/summary"],
        "rectified": [f"runs/{OTHER}/history"],
        "cuts": [f"theory/{THEORY}/table"],
    }
    for name, stems in tables.items():
        for stem in stems:
            write(folder / f"{stem}.parquet")
        cells = [{"cell": stem.split("/")[1], "tables": [f"results/{stem}.parquet"]} for stem in stems]
        write(folder / f"smoke/tables/{name}.cells.json", json.dumps(cells))
    write(folder / "laptop/tables/rectified.cells.json", "[]")
    for rule, name, seconds in [
        ("train", TRAINED, 20.0),
        ("train", OTHER, 10.0),
        ("measure", MEASURED, 4.0),
        ("theory", THEORY, 6.0),
        ("collect", "smoke-pooling", 100.0),
    ]:
        benchmark(folder, rule, name, seconds)
    return folder


def printed(capsys, *options):
    """Words of each row below the header, and what follows the table."""
    main(["shares", *options])
    table, _, rest = capsys.readouterr().out.partition("\n\n")
    header, *rows = table.splitlines()
    assert header.split() == ["rule", "jobs", "seconds", "of", "jobs", "seconds", "in", "loops", "share"]
    return [row.split() for row in rows], rest


def told(capsys, caplog, *options):
    """The error line of a command that exits with 1, and what it printed before."""
    with pytest.raises(SystemExit) as ended:
        main(["shares", *options])
    assert ended.value.code == 1
    line = caplog.messages[-1]
    assert len(line.splitlines()) == 1
    return line, capsys.readouterr().out


def test_shares_by_rule_and_in_all(capsys, results):
    rows, rest = printed(capsys)
    assert rows == [
        ["train", "2", "30.0", "25.0", "83.3%"],
        ["measure", "1", "4.0", "1.0", "25.0%"],
        ["theory", "1", "6.0", "3.0", "50.0%"],
        ["total", "4", "40.0", "29.0", "72.5%"],
    ]
    assert rest == ""


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (["--experiment", "pooling", "--scale", "smoke"], {"train": "20.0", "measure": "4.0", "total": "24.0"}),
        (["--experiment", "cuts"], {"theory": "6.0", "total": "6.0"}),
        (["--experiment", "rectified"], {"train": "10.0", "total": "10.0"}),
        (["--scale", "smoke"], {"train": "30.0", "measure": "4.0", "theory": "6.0", "total": "40.0"}),
    ],
)
def test_one_experiment_or_one_scale(capsys, results, options, rules):
    rows, rest = printed(capsys, *options)
    assert {row[0]: row[2] for row in rows} == rules
    assert rest == ""


def test_jobs_without_a_benchmark_of_their_run_are_counted_and_left_out(capsys, results):
    (results / f"benchmarks/measure/{MEASURED}.tsv").unlink()
    benchmark(results, "train", OTHER, 6.9)  # its loop took 7 s: it ran again by hand
    rows, rest = printed(capsys)
    assert rows[0] == ["train", "1", "20.0", "18.0", "90.0%"]
    assert [row[0] for row in rows] == ["train", "theory", "total"]
    assert rest == "left out, without a benchmark of their run (by hand, or not yet): 1 train, 1 measure\n"


def test_a_job_that_has_not_run_is_counted_where_it_is_asked_for(capsys, results):
    cells = [{"cell": name, "tables": [f"results/runs/{name}/history.parquet"]} for name in (TRAINED, "new-33333333")]
    write(results / "smoke/tables/pooling.cells.json", json.dumps(cells))
    rows, rest = printed(capsys, "--experiment", "pooling")
    assert rows[0][1] == "1"
    assert rest.endswith(": 1 train\n")


def test_missing_and_damaged_records_are_named(capsys, caplog, results):
    missing, old = f"runs/{TRAINED}/entanglement-b3d0a239.json", f"theory/{THEORY}/run.json"
    (results / missing).unlink()
    line, rest = told(capsys, caplog, "--experiment", "pooling")
    assert f"{missing}: no such file; expected a record with its seconds; 1 of 2 jobs" in line
    assert rest == ""
    write(results / old, '{"host": "here"}')
    line, rest = told(capsys, caplog)
    assert missing in line
    assert "2 of 4 jobs can't be read" in line
    assert rest.splitlines() == [f"{results / old}: has no 'seconds'; expected a record with its seconds"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        (HEADER, "has other content"),
        ("seconds\n1\n", "has no 's'"),
        (f"{HEADER}soon\t0\n", "is damaged: could not convert string to float: 'soon'"),
    ],
)
def test_a_damaged_benchmark_is_named(capsys, caplog, results, text, fault):
    path = results / f"benchmarks/theory/{THEORY}.tsv"
    write(path, text)
    assert f"{path}: {fault}; expected a benchmark of Snakemake" in told(capsys, caplog)[0]


def test_unknown_experiments_and_folders_without_results(capsys, caplog, results):
    line, _ = told(capsys, caplog, "--experiment", "pooling", "--scale", "paper")
    assert f"{results}/paper/tables/pooling.cells.json: no such file; accepted: " in line
    line, _ = told(capsys, caplog, "--results", "none")
    assert line == "none: no such folder; accepted: the results of a run (--results FOLDER)"
    Path("bare").mkdir()
    line, _ = told(capsys, caplog, "--results", "bare")
    assert line == "bare: no job has run; accepted: the results of a run (--results FOLDER)"
    write(Path("bare/theory/min-cut-22222222/table.parquet"))
    line, _ = told(capsys, caplog, "--results", "bare")
    assert line.startswith("bare: no benchmark of 1 theory, of no run or made by hand; accepted: ")
    write(results / "smoke/tables/cuts.cells.json", '[{"cell": 1}]')
    line, _ = told(capsys, caplog, "--experiment", "cuts")
    assert "cuts.cells.json: has no 'tables'; expected a list of cells" in line


def test_a_theory_job_records_the_seconds_of_its_computation(tmp_path, monkeypatch):
    def compute(spec):
        time.sleep(0.05)
        return pd.DataFrame({"quantity": ["a"], "value": [1.0]})

    monkeypatch.setattr(min_cut, "compute", compute)
    write(tmp_path / "spec.json", json.dumps({"study": "min_cut", "job": "Loop", "cases": 1}))
    words = {"spec": "spec.json", "output": "table.parquet", "record": "run.json"}
    main(["theory", *(word for key, name in words.items() for word in (f"--{key}", str(tmp_path / name)))])
    assert 0.05 <= json.loads((tmp_path / "run.json").read_text())["seconds"] < 60
