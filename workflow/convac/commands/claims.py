"""Judge an experiment's claims by its tidy table."""

from argparse import ArgumentParser, Namespace

from convac.claims.verdicts import evaluate_all
from convac.experiments.discovery import claims_of
from convac.files import read_table, write_table


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac claims`."""
    parser.add_argument("--study", required=True, help="name of the experiment whose claims these are")
    parser.add_argument("--table", required=True, help="the tidy table, parquet")
    parser.add_argument("--scale", default="", help="scale of the run; at smoke, verdicts say nothing else")
    parser.add_argument("--output", required=True, help="CSV to write: one row, one verdict")


def run(options: Namespace) -> None:
    """Evaluate every claim and write the verdicts."""
    table = read_table(options.table, ("cell", "quantity", "value"))
    write_table(options.output, evaluate_all(claims_of(options.study), table, smoke=options.scale == "smoke"))
