"""Gather the verdicts of all experiments into the claims ledger."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.claims.ledger import ledger, read_verdicts, to_html, to_markdown
from convac.files import write_table, write_text
from convac.progress import LOG


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac ledger`."""
    parser.add_argument("--claims", required=True, nargs="+", help="claims CSVs of the experiments")
    parser.add_argument("--csv", required=True, help="CSV to write")
    parser.add_argument("--markdown", required=True, help="the same as a Markdown page")
    parser.add_argument("--html", required=True, help="the same as an HTML page")
    parser.add_argument("--pages", nargs="*", default=[], help="HTML pages of one experiment each, <experiment>.html")


def run(options: Namespace) -> None:
    """Write the ledger."""
    gathered = ledger({Path(path).stem: read_verdicts(path) for path in options.claims})
    write_table(options.csv, gathered)
    write_text(options.markdown, to_markdown(gathered))
    write_text(options.html, to_html(gathered, "Claims of every experiment"))
    for path in options.pages:
        name = Path(path).stem
        write_text(path, to_html(gathered[gathered["experiment"] == name], f"Claims of {name}"))
    LOG.info("%s", gathered["verdict"].value_counts().to_dict())
