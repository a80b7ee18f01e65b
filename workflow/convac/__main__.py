"""`python -m convac`."""

import os
import sys

from convac.cli import main
from convac.errors import one_line

main()
try:
    sys.stdout.flush()
except OSError as error:
    sys.exit(one_line(f"convac: {error.strerror}"))
# Everything is written by now. To take torch down in good order would take a job another half a second.
os._exit(0)
