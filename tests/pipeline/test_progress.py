"""How far a run is, as it says on the screen at its start, with each job and at its end, and as the command says."""

import re

from clones import Clone

COMMAND = ("bash", "-c", "PYTHONPATH=workflow python -m convac progress")
EXPERIMENTS = {"pooling_geometry", "recurrent_memory"}


def counts(clone: Clone) -> dict[str, tuple[int, int]]:
    """Jobs done and left by experiment."""
    rows = [line.split() for line in clone.run(*COMMAND).stdout.split("\n\n")[0].splitlines()[1:]]
    return {name: (int(done), int(left)) for name, done, left, _ in rows}


def said(printed: str) -> list[str]:
    """The lines that are for people."""
    return [line for line in printed.splitlines() if line.startswith("convac: ")]


def test_a_run_tells_how_far_it_is(clone):
    lines = said(clone.snakemake("--forcerun", "claims"))
    # verdicts and figures of two experiments, the ledger, the manifest
    assert re.match(r"convac: 6 jobs, about 1 min on 1 core;", lines[0])
    for name in EXPERIMENTS:
        assert any(re.match(rf"convac: {name}: claims; \d of 6 jobs left, about 1 min$", line) for line in lines)
    assert any(re.match(r"convac: ledger smoke; \d of 6 jobs left", line) for line in lines)
    left = [int(found[1]) for line in lines if (found := re.search(r"; (\d) of 6 jobs left", line))]
    assert left == [6, 5, 4, 3, 2, 1]
    assert re.match(r"convac: done, 6 jobs in \d+ min$", lines[-2])
    assert lines[-1].startswith("convac: look at results/smoke/figures; results/smoke/claims.md; ")
    assert counts(clone) == {**dict.fromkeys(EXPERIMENTS, (2, 0)), "all": (6, 0)}


def test_a_stopped_run_tells_what_is_left_and_what_failed(clone):
    table = clone.path / "results/smoke/tables/pooling_geometry.parquet"
    table.write_bytes(table.read_bytes()[:-10])
    lines = said(clone.snakemake("--forcerun", "claims", "--rerun-triggers", "mtime", "--keep-going", ok=False))
    assert re.match(r"convac: stopped after \d+ min, 4 of 6 jobs left; ", lines[-1])
    assert counts(clone) == {"pooling_geometry": (0, 2), "recurrent_memory": (2, 0), "all": (2, 4)}
    quoted = clone.run(*COMMAND).stdout.split("under way or failed")[1]
    assert re.search(r"pooling_geometry: claims: .*pooling_geometry\.parquet", quoted)


def test_nothing_to_do_is_no_run(clone):
    before = counts(clone)  # of the run that made everything
    assert "Nothing to be done" in clone.snakemake()
    assert counts(clone) == before
    assert {left for _, left in before.values()} == {0}
    # these experiments share no job; the ledger and the manifest are nobody's own
    assert before["all"][0] == sum(before[name][0] for name in EXPERIMENTS) + 2
