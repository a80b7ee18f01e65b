"""Jobs that outlived their Snakemake: where no SLURM answers, and where a site's squeue prints more than the queue."""

import os

import pytest

from convac.cli import main
from convac.commands.orphans import SUBMITTED, queued

BANNER = """echo '*** Welcome! | maintenance | on | Monday ***'; echo '3 nodes are down'; echo; printf 'caf\\351\\n'"""


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make_program(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


def refused(capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        main(["orphans", *options])
    assert stopped.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert len(said) <= 210
    return said


def test_without_slurm_there_is_no_queue(nowhere, capsys):
    assert queued(nowhere) is None
    main(["orphans", "--wait"])
    assert capsys.readouterr().out == ""


def test_nothing_can_be_cancelled_without_slurm(nowhere, capsys):
    assert "--cancel: no SLURM answers here; accepted: where squeue shows a queue" in refused(capsys, "--cancel")


@pytest.mark.parametrize("body", ["exit 1", "echo 'squeue: error: no cluster' >&2; exit 1", "kill -9 $$"])
def test_a_squeue_that_fails_is_no_slurm_unless_jobs_were_submitted_from_here(nowhere, capsys, body):
    make_program(nowhere, "squeue", body)
    assert queued(nowhere) is None
    (nowhere / SUBMITTED).mkdir(parents=True)
    for options in ((), ("--wait",), ("--cancel",)):
        said = refused(capsys, *options)
        assert "squeue: " in said
        assert "jobs that were submitted from here may still run" in said
    assert "no cluster" in said or "status" in said


def test_a_squeue_that_never_answers_is_not_waited_for(nowhere, capsys, monkeypatch):
    make_program(nowhere, "squeue", "read line < wait")
    os.mkfifo(nowhere / "wait")
    monkeypatch.setattr("convac.commands.orphans.PATIENCE", 0.2)
    (nowhere / SUBMITTED).mkdir(parents=True)
    assert "squeue: no answer within" in refused(capsys, "--wait")


@pytest.mark.parametrize("banner", [BANNER, "", "echo 'CLUSTER: one'; echo 'JOBID STATE'", "printf '7|RUNNING|x|/\\n'"])
def test_jobs_are_found_among_what_a_site_prints(nowhere, banner):
    make_program(nowhere, "squeue", banner)
    assert queued(nowhere) == {}
    (nowhere / "link").symlink_to(nowhere)
    jobs = [
        f"convac-job|7_[1-3]|PENDING|{nowhere}|train: a|b | c",
        f"convac-job|8|RUNNING|{nowhere}/link|(null)",
        f"convac-job|9|RUNNING|{nowhere}/other|x",
        f"convac-job|10|RUNNING|{nowhere}|caf\\351",
    ]
    make_program(nowhere, "squeue", banner, *(f"printf '{job}\\n'" for job in jobs), banner)
    found = queued(nowhere)
    assert found == {
        "7": "SLURM job 7_[1-3], pending, train: a|b | c",
        "8": "SLURM job 8, running, (null)",
        "10": "SLURM job 10, running, caf\udce9",
    }


@pytest.mark.parametrize("name", ["two words", "a|b", "äö"])
def test_folders_of_any_name_have_jobs(nowhere, name):
    folder = nowhere / name
    folder.mkdir()
    make_program(nowhere, "squeue", f"echo 'convac-job|8|RUNNING|{folder}|a | b'", f"echo 'convac-job|9|X|{nowhere}|c'")
    assert queued(folder) == {"8": "SLURM job 8, running, a | b"}


def test_squeue_is_asked_without_the_variables_that_change_its_answer(nowhere, monkeypatch):
    monkeypatch.setenv("SQUEUE_STATES", "RUNNING")
    make_program(nowhere, "squeue", 'test -z "$SQUEUE_STATES" || exit 0', f"echo 'convac-job|8|PENDING|{nowhere}|'")
    assert queued(nowhere) == {"8": "SLURM job 8, pending, "}


def test_a_cancelling_that_fails_says_what_is_left(nowhere, capsys):
    make_program(
        nowhere, "squeue", f"echo 'convac-job|8|RUNNING|{nowhere}|a'", f"echo 'convac-job|9|RUNNING|{nowhere}|a'"
    )
    assert "scancel: No such file or directory; 2 jobs are left: 8, 9" in refused(capsys, "--cancel")
    make_program(nowhere, "scancel", "echo 'access denied' >&2; exit 1")
    assert "scancel: access denied; 2 jobs are left: 8, 9" in refused(capsys, "--cancel")


def test_a_job_that_ends_while_it_is_cancelled_is_no_mistake(nowhere, capsys):
    make_program(nowhere, "squeue", f"test -e ended || echo 'convac-job|8|RUNNING|{nowhere}|a'")
    make_program(nowhere, "scancel", "> ended; echo 'Invalid job id' >&2; exit 1")
    main(["orphans", "--cancel"])
    assert capsys.readouterr().out == "cancelled: SLURM job 8, running, a\n"
