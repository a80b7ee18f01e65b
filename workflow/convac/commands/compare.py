"""The verdict on a run: print how it compares with the reference, and fail if it contradicts it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Hashable, Mapping
from pathlib import Path

from convac.contract.comparison import AGREES, COLUMNS, CONTRADICTS, DIFFERS, counted
from convac.errors import ConvacError, FileError
from convac.files import read_table

WORDS = ("quantity", "kind", "worst")
SHOWN = [column for column in COLUMNS if column not in {"p_holm", "worst"}]


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac compare`."""
    parser.add_argument(
        "comparison",
        nargs="?",
        default="results/laptop/comparison.csv",
        help="table of `convac comparison`; by default results/laptop/comparison.csv",
    )


def run(options: Namespace) -> None:
    """Print the table and what is furthest apart; raise ConvacError where anything contradicts."""
    path = options.comparison
    if not Path(path).is_file():
        raise FileError(f"{path}: no such file; `make compare` or `snakemake {path}` makes it")
    comparison = read_table(path, COLUMNS).astype(dict.fromkeys(WORDS, object)).fillna(dict.fromkeys(WORDS, ""))
    print(comparison[SHOWN].to_string(index=False))
    for verdict in (DIFFERS, CONTRADICTS):
        for entry in comparison[comparison["verdict"] == verdict].to_dict("records"):
            print(f"{verdict}: {subject(entry)}: {entry['worst']}")
    print(f"{path}: {counted(comparison)}")
    against = comparison[comparison["verdict"] == CONTRADICTS].to_dict("records")
    if against:
        raise ConvacError(
            f"{path}: {len(against)} of {len(comparison)} lines contradict, the first {subject(against[0])}"
        )
    if not (comparison["verdict"].isin([AGREES, DIFFERS])).any():
        raise FileError(f"{path}: nothing was compared; run the experiments of the reference first")


def subject(entry: Mapping[Hashable, str]) -> str:
    """What a line is about."""
    return f"{entry['experiment']}, {entry['quantity']}"
