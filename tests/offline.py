"""What a run may do without: a network, and pickles."""

import shutil
import subprocess

# a network namespace with nothing in it but the loopback, over which a notebook's kernel talks
CUT_OFF = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
CAN_CUT = (
    shutil.which("ip") is not None
    and shutil.which("unshare") is not None
    and subprocess.run([*CUT_OFF, "true"], capture_output=True, check=False).returncode == 0
)
# Python imports `sitecustomize` at its start. A pickle is dangerous because it can find, and call, any function.
SITECUSTOMIZE = """
import sys


def refuse(event, arguments):
    if event == "pickle.find_class":
        raise RuntimeError(f"unpickled {arguments}")


sys.addaudithook(refuse)
"""
