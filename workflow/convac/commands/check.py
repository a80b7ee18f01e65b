"""Check config files and options before Snakemake is started, which ends in a traceback there. Runs nothing."""

import sys
from argparse import REMAINDER, ArgumentParser, Namespace

from convac.planning.arguments import after_dashes, argument_mistakes


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac check`."""
    parser.add_argument("rest", nargs=REMAINDER, help="-- and the arguments for Snakemake: targets, --config …")


def run(options: Namespace) -> None:
    """Print a line per mistake, and fail on any."""
    if mistakes := argument_mistakes(after_dashes(options.rest)):
        sys.exit("\n".join(mistakes))
