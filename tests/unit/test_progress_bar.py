"""Progress of a loop on a terminal, in a notebook and under the workflow."""

import io
import sys

import pytest

from convac.progress import reporter


class Terminal(io.StringIO):
    """A stream that says that a person sees it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "notebook", "workflow", "shown"),
    [
        (io.StringIO, False, False, False),
        (Terminal, False, False, True),
        (io.StringIO, True, False, True),
        (Terminal, False, True, False),
        (io.StringIO, True, True, False),
    ],
    ids=["file", "terminal", "notebook", "job on a terminal", "job's notebook"],
)
def test_a_bar_is_drawn_where_a_person_sees_it(monkeypatch, stream, notebook, workflow, shown):
    written = stream()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setenv("CONVAC_WORKFLOW", "1") if workflow else monkeypatch.delenv("CONVAC_WORKFLOW", raising=False)
    report = reporter(2, "composite")
    report(1, "evaluated")
    report(2, "evaluated")
    assert ("2/2" in written.getvalue()) == shown
