"""`python -m convac`."""

from convac.cli import main

main()
