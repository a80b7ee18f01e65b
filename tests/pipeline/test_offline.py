"""After set-up nothing needs a network, and nothing is unpickled: the small run was made under these conditions."""

import sys

import pytest
from offline import CAN_CUT, CUT_OFF

needs_namespaces = pytest.mark.skipif(not CAN_CUT, reason="needs unshare, ip and the right to make a network namespace")


def python(clone, program, *before, ok=True):
    """What a program prints that sees the clone's library."""
    done = clone.run(*before, "env", "PYTHONPATH=workflow", sys.executable, "-c", program, ok=ok)
    return done.stdout + done.stderr


@needs_namespaces
def test_the_small_run_was_made_without_a_network(finished):
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    assert "unreachable" in python(finished, reach, *CUT_OFF, ok=False)
    assert finished.path.with_suffix(".done").read_text() == "cut off"
    assert list(finished.path.glob("results/smoke/figures/*.png"))  # drawn by notebooks and their kernels


@needs_namespaces
def test_digits_come_without_a_network(finished):
    program = "from convac.datasets.digits import read_digits; print(read_digits()[0].shape)"
    assert "(1797, 8, 8)" in python(finished, program, *CUT_OFF)


def test_the_small_run_was_made_where_nothing_can_be_unpickled(finished):
    program = "import pickle, collections; pickle.loads(pickle.dumps(collections.OrderedDict()))"
    assert "unpickled ('collections', 'OrderedDict')" in python(finished, program, ok=False)
    assert list(finished.path.glob("results/runs/*/model.safetensors"))
