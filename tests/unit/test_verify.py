"""`convac verify`: what is as written, what a later run made again, and what nobody accounts for."""

import os
import time
from pathlib import Path

import pytest

from convac.cli import main
from convac.planning.paths import log_of, made_since

TABLE, FIGURE, MINE = "results/smoke/tables/min_cut.csv", "results/smoke/figures/min_cut.svg", "results/mine.csv"
MANIFEST = "results/smoke/manifest.json"
WROTE = time.time() - 3600.0  # when the manifest was written


def put(path, text, after=0.0):
    """Write a file so many seconds after the manifest."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    os.utime(path, (WROTE + after, WROTE + after))


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder with three files, two of them with the logs of their jobs, and their manifest."""
    monkeypatch.chdir(tmp_path)
    put(TABLE, "name\none\n", -20)
    put(FIGURE, "<svg>one</svg>\n", -10)
    put(MINE, "name\none\n", -20)
    for path in (TABLE, FIGURE):
        put(log_of(path), "done\n", -10)
    main(["manifest", "--files", TABLE, FIGURE, MINE, "--output", MANIFEST])
    os.utime(MANIFEST, (WROTE, WROTE))
    return tmp_path


def verified(capsys, well):
    """What the command prints, on both streams."""
    if well:
        main(["verify"])
    else:
        with pytest.raises(SystemExit) as stopped:
            main(["verify"])
        assert stopped.value.code == 1
    out, err = capsys.readouterr()
    assert "delete" not in out + err
    assert len(err.splitlines()) == (not well)
    return out + err


def test_what_is_as_written(results, capsys):
    assert verified(capsys, True) == f"{MANIFEST}: 3 files as written\n"


def test_what_a_later_run_made_is_no_fault(results, capsys):
    for path, text in ((TABLE, "name\ntwo\n"), (FIGURE, "<svg>two</svg>\n")):
        put(path, text, 100)
        put(log_of(path), "done\n", 100)
    first, second, third = verified(capsys, True).splitlines()
    assert first == f"{MANIFEST}: 1 of 3 files as written"
    assert second == f"2 were made again since, by a run of a part or of another config: {FIGURE} and 1 more"
    assert "the next complete run" in third


@pytest.mark.parametrize(
    ("path", "text", "ran", "fault"),
    [
        (TABLE, "name\ntwo\n", False, "content changed"),  # by hand
        (TABLE, "name\n", False, "has 5 bytes, not 9"),
        (TABLE, None, True, "is missing"),
        (FIGURE, "<svg>one", True, "has 8 bytes, not 15"),  # cut short after it was made again
        (MINE, "name\ntwo\n", False, "content changed"),  # no job's
    ],
)
def test_what_nobody_accounts_for_fails(results, capsys, path, text, ran, fault):
    if text is None:
        Path(path).unlink()
    else:
        put(path, text, 100)
    if ran:
        put(log_of(path), "done\n", 100)
    printed = verified(capsys, False)
    assert f"convac: {path}: {fault}; 1 of 3 files of {MANIFEST} differ\n" in printed
    assert f"{MANIFEST}: 2 of 3 files as written\n" in printed
    assert "made again" not in printed


def test_both_are_told_apart(results, capsys):
    put(TABLE, "name\ntwo\n", 100)
    put(log_of(TABLE), "done\n", 100)
    put(FIGURE, "<svg>two</svg>\n", 100)
    put(MINE, "name\ntwo\n", 100)
    printed = verified(capsys, False)
    assert f"1 was made again since, by a run of a part or of another config: {TABLE}\n" in printed
    assert f"convac: {MINE}: content changed; 2 of 3 files of {MANIFEST} differ\n" in printed
    assert f"{FIGURE}: content changed\n" in printed


def test_a_manifest_does_not_hide_another(results, capsys):
    put("results/laptop/manifest.json", Path(MANIFEST).read_text())
    put(MINE, "name\ntwo\n", 100)
    printed = verified(capsys, False)
    assert "results/laptop/manifest.json: 2 of 3 files as written" in printed
    assert f"{MANIFEST}: 2 of 3 files as written" in printed


def test_a_job_has_run_since_a_moment_when_its_log_is_newer(results):
    assert not made_since(TABLE, WROTE)
    assert made_since(TABLE, WROTE - 11)
    assert not made_since(MINE, 0.0)
    assert not made_since("results/smoke/tables/overlaps.csv", 0.0)
