"""The command line when it is interrupted."""

import pytest

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
