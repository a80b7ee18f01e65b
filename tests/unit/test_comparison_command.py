"""`convac comparison`, `compare` and `reference`: what they write and print, and how they fail."""

from pathlib import Path

import pytest
from comparison_tables import CLAIMS, theory, training

from convac.cli import main
from convac.files import read_json, write_json, write_table
from convac.specs.tables import parted


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a reference and a run of two experiments, alike."""
    monkeypatch.chdir(tmp_path)
    for folder in ("reference", "smoke"):
        for name, table in (("drawn", theory()), ("trained", training())):
            write_table(f"results/{folder}/tables/{name}.parquet", table)
            write_table(f"results/{folder}/examples/{name}.parquet", parted(table)[1])
            write_table(f"results/{folder}/claims/{name}.csv", CLAIMS)
    write_json("results/reference/run.json", {name: {"scale": "smoke"} for name in ("drawn", "trained")})
    return tmp_path


def comparison(*names):
    tables = [f"results/smoke/tables/{name}.parquet" for name in names]
    examples = [str(path) for path in sorted(Path("results/smoke/examples").glob("*.parquet"))]
    claims = [str(path) for path in sorted(Path("results/smoke/claims").glob("*.csv"))]
    written = ["--csv", "results/smoke/comparison.csv", "--markdown", "results/smoke/comparison.md"]
    main(
        ["comparison", "--scale", "smoke", "--tables", *tables, "--examples", *examples, "--claims", *claims, *written]
    )


def test_a_run_that_agrees(place, capsys):
    comparison("drawn", "trained")
    main(["compare", "results/smoke/comparison.csv"])
    printed = capsys.readouterr().out
    assert "8 agree, 0 differ within their intervals, 0 contradict" in printed
    assert printed.count("\n") == 10  # a heading, a line per quantity, the counts
    page = Path("results/smoke/comparison.md").read_text()
    assert page.count("\n| ") == 2 + 8
    assert "| trained | learning_rate | trained | agrees | 3 | 3 | 3 | 0 | 0 | 0 | 0 | 1 |  |" in page


def test_a_run_that_contradicts_still_has_its_table_and_fails_the_verdict_alone(place, capsys):
    write_table("results/smoke/tables/drawn.parquet", theory(widths=(2, 3)))
    write_table("results/smoke/tables/trained.parquet", training(draw=1))
    comparison("drawn", "trained")
    capsys.readouterr()
    before = Path("results/smoke/comparison.csv").read_bytes()
    with pytest.raises(SystemExit) as stopped:
        main(["compare", "results/smoke/comparison.csv"])
    printed = capsys.readouterr()
    assert stopped.value.code == 1
    assert "2 of 8 lines contradict, the first drawn, entropy" in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert "contradicts: drawn, rank: missing: network deep, width 4, seed 0" in printed.out
    assert "differs within its interval: trained, loss: step" in printed.out
    assert Path("results/smoke/comparison.csv").read_bytes() == before


def test_an_experiment_that_was_not_run_is_named(place, capsys):
    comparison("drawn")
    main(["compare", "results/smoke/comparison.csv"])
    assert "0 contradict, 1 not run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "names", "words"),
    [
        (lambda: None, ["absent"], "results/smoke/tables/absent.parquet: no such file"),
        (lambda: Path("results/smoke/claims/drawn.csv").unlink(), ["drawn"], "claims: drawn.csv is missing"),
        (
            lambda: Path("results/smoke/examples/drawn.parquet").unlink(),
            ["drawn"],
            "examples: drawn.parquet is missing",
        ),
        (lambda: Path("results/reference/run.json").unlink(), ["drawn"], "results/reference/run.json: no such file"),
        (lambda: write_json("results/reference/run.json", {}), ["drawn"], "drawn is of scale unknown; accepted: smoke"),
        (
            lambda: write_json("results/reference/run.json", {"drawn": {"scale": "laptop"}}),
            ["drawn"],
            "drawn is of scale laptop; accepted: smoke",
        ),
        (
            lambda: Path("results/reference").rename("results/elsewhere"),
            ["drawn"],
            "results/reference: has no tables; take a run as the reference by `make reference`",
        ),
    ],
)
def test_mistakes_are_told_in_one_line(place, capsys, change, names, words):
    change()
    if names == ["absent"]:
        write_table("results/smoke/claims/absent.csv", CLAIMS)
    with pytest.raises(SystemExit):
        comparison(*names)
    printed = capsys.readouterr().err
    assert words in printed
    assert len(printed.strip().splitlines()) == 1
    assert not Path("results/smoke/comparison.csv").exists()


def test_the_verdict_needs_its_table_and_something_in_it(place, capsys):
    with pytest.raises(SystemExit):
        main(["compare"])
    assert "results/laptop/comparison.csv: no such file; `make compare`" in capsys.readouterr().err
    Path("results/smoke/tables/drawn.parquet").rename("results/smoke/tables/new.parquet")
    Path("results/smoke/examples/drawn.parquet").rename("results/smoke/examples/new.parquet")
    Path("results/smoke/claims/drawn.csv").rename("results/smoke/claims/new.csv")
    comparison("new")
    with pytest.raises(SystemExit):
        main(["compare", "results/smoke/comparison.csv"])
    assert "nothing was compared" in capsys.readouterr().err


def test_the_reference_keeps_the_scale_that_it_was_taken_at(place, capsys):
    write_json("results/smoke/tables/drawn.cells.json", [{"tables": ["results/theory/a/table.parquet"]}])
    facts = dict.fromkeys(("commit", "code", "dirty", "python", "platform", "cores"), "x")
    write_json("results/theory/a/run.json", {**facts, "time": "2026-01-01", "versions": {}})
    Path("results/reference/run.json").unlink()
    drawn = {"table": "t", "examples": "e", "code": "c", "time": "2026-01-02"}
    write_json("results/smoke/notebooks/drawn.run.json", {**drawn, "host": "somebody's"})
    main(["reference", "--results", "results/smoke"])
    taken = read_json("results/reference/run.json")["drawn"]
    assert (taken["scale"], taken["figures"]) == ("smoke", drawn)
    assert taken["core_seconds"] is None  # made by hand, without Snakemake's benchmarks
    Path("results/benchmarks/theory").mkdir(parents=True)
    Path("results/benchmarks/theory/a.tsv").write_text("s\tcpu_time\n30.5\t12.4\n")
    main(["reference", "--results", "results/smoke"])
    assert read_json("results/reference/run.json")["drawn"]["core_seconds"] == 12
    comparison("drawn")
    main(["compare", "results/smoke/comparison.csv"])
    assert "0 contradict" in capsys.readouterr().out


def test_figures_that_are_drawn_again_leave_what_is_known_of_their_table(place):
    facts = {"table": "t", "examples": "e", "code": "c", "time": "2026-01-02"}
    write_json("results/redrawn/notebooks/drawn.run.json", {**facts, "commit": "x"})
    Path("results/redrawn/figures").mkdir()
    Path("results/redrawn/figures/drawn.png").write_bytes(b"")
    main(["reference", "--results", "results/redrawn"])
    assert read_json("results/reference/run.json") == {
        "drawn": {"scale": "smoke", "figures": facts},
        "trained": {"scale": "smoke"},
    }


@pytest.mark.parametrize(
    ("results", "reference"),
    [
        ("results/images", "results/reference/images"),
        ("results/redrawn-images", "results/reference/images"),
        ("results/laptop", "results/reference"),
    ],
)
def test_published_images_have_a_reference_of_their_own(place, results, reference):
    record = Path("results/reference/run.json").read_bytes()
    write_table(f"{results}/tables/taken.parquet", theory())
    write_table(f"{results}/examples/taken.parquet", parted(theory())[1])
    write_table(f"{results}/claims/taken.csv", CLAIMS)
    main(["reference", "--results", results])
    taken = {path.parents[1].as_posix() for path in Path("results/reference").rglob("taken.*")}
    assert taken == {reference}
    if reference != "results/reference":
        assert Path("results/reference/run.json").read_bytes() == record
    main(["compare", "--exact", "--results", results, "--experiment", "taken"])
