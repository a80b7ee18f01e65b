"""The command line when it is interrupted, and the threads of its jobs."""

import os

import pytest

from convac import cli
from convac.cli import main
from convac.commands import verify
from convac.progress import LOG


@pytest.mark.parametrize("logged", [False, True])
def test_an_interrupted_command_says_so_without_a_traceback(tmp_path, monkeypatch, capsys, logged):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(verify, "run", interrupt)
    log = tmp_path / "log"
    with pytest.raises(SystemExit) as stopped:
        main(["verify", *(["--log", str(log)] if logged else [])])
    assert stopped.value.code == 130
    printed = capsys.readouterr().err
    assert printed == ("" if logged else "convac: interrupted\n")
    assert not logged or log.read_text().endswith(" interrupted\n")
    LOG.handlers.pop().close()


@pytest.mark.parametrize(("command", "threads"), [*((name, "1") for name in sorted(cli.JOBS)), ("measure", "7")])
def test_jobs_use_one_thread_whatever_is_set(monkeypatch, command, threads):
    for name in cli.THREADS:
        monkeypatch.setenv(name, "7")

    def stop(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "imported", stop)  # before the command's libraries are imported
    with pytest.raises(SystemExit):
        main([command])
    assert {os.environ[name] for name in cli.THREADS} == {threads}


def test_what_is_for_snakemake_is_told_where_it_stands(capsys):
    with pytest.raises(SystemExit):
        main(["plan", "--configfile", "mine.yaml"])
    line = "convac plan: error: unrecognized arguments: --configfile; what Snakemake is given stands after --"
    assert capsys.readouterr().err.splitlines()[-1] == line
