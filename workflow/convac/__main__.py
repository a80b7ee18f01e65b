"""`python -m convac`."""

import sys

from convac.cli import main
from convac.errors import one_line

main()
try:
    sys.stdout.flush()
except OSError as error:
    sys.exit(one_line(f"convac: {error.strerror}"))
