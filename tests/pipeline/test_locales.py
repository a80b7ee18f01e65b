"""The workflow and the commands that print of it, where neither terminal nor locale are UTF-8."""

import sys

import pytest
from clones import assert_told

C = ("env", "LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0")
CONVAC = (*C, "PYTHONPATH=workflow", sys.executable, "-m", "convac")
AGAIN = ("tables/recurrent_memory.csv", "claims/recurrent_memory.csv", "figures/recurrent_memory.svg", "claims.md")


def test_jobs_write_the_same_files(clone):
    before = {name: (clone.path / "results/smoke" / name).read_bytes() for name in AGAIN}
    for name in AGAIN:
        (clone.path / "results/smoke" / name).unlink()
    targets = [f"results/smoke/{name}" for name in AGAIN]
    rest = ("--cores", "1", "--configfile", "tiny.yaml", "--show-failed-logs")
    done = clone.run(*C, "snakemake", *targets, *rest)
    assert "UnicodeEncodeError" not in done.stdout + done.stderr
    assert {name: (clone.path / "results/smoke" / name).read_bytes() for name in AGAIN} == before
    assert any(text > 127 for name in AGAIN for text in before[name])


@pytest.mark.parametrize(
    "words",
    [
        ["progress"],
        ["shares"],
        ["orphans"],
        ["verify"],
        ["plan", "--cores", "1", "--", "--configfile", "tiny.yaml", "-F"],
        ["check", "--", "--configfile", "tiny.yaml"],
    ],
    ids=lambda words: words[0],
)
def test_commands_print(finished, words):
    finished.run(*CONVAC, *words)


def test_mistakes_are_told(finished):
    done = finished.run(*CONVAC, "check", "--", "nö", "--config", "scale", ok=False)
    assert_told(done.stdout + done.stderr, "--config", "KEY=VALUE")
    done = finished.run(*C, "snakemake", "-n", "nö", "--cores", "1", ok=False)
    assert_told(done.stdout + done.stderr, "unknown target")
