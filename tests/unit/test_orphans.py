"""Jobs that outlived their Snakemake, where no SLURM answers."""

import pytest

from convac.cli import main
from convac.commands.orphans import queued


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_slurm_there_is_no_queue(nowhere, capsys):
    assert queued(nowhere) is None
    main(["orphans", "--wait"])
    assert capsys.readouterr().out == ""


def test_nothing_can_be_cancelled_without_slurm(nowhere, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["orphans", "--cancel"])
    assert caught.value.code == 1
    assert "--cancel: no SLURM answers here; accepted: where squeue shows a queue" in capsys.readouterr().err


def test_a_squeue_that_fails_is_no_slurm(nowhere):
    (nowhere / "squeue").write_text("#!/bin/sh\nexit 1\n")
    (nowhere / "squeue").chmod(0o755)
    assert queued(nowhere) is None
