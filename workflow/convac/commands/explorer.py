"""The explorer: one HTML page with charts of tidy tables, and with cuts and bounds of any widths; needs no network."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.commands.outputs import check_writable
from convac.errors import ArgumentError, FileError
from convac.files import read_table, write_text
from convac.planning.place import first_here, of_library
from convac.plotting.explorer import page
from convac.progress import LOG
from convac.specs.results import REFERENCE, RESULTS, SCALE, filled

OUTPUT = f"{RESULTS}/explorer.html"
LAPTOP = filled(SCALE, scale="laptop")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac explorer`."""
    tables = parser.add_mutually_exclusive_group()
    tables.add_argument("--results", help=f"folder of a run, such as {LAPTOP}; by default {REFERENCE}")
    tables.add_argument("--tables", nargs="+", help="tidy tables instead of a folder: EXPERIMENT.parquet")
    parser.add_argument("--source", help="name of the tables' source on the page; by default their folder")
    parser.add_argument("--resources", help="folder of the page's parts; by default the library's")
    parser.add_argument("--output", default=OUTPUT, help=f"page to write; by default {OUTPUT}")


def run(options: Namespace) -> None:
    """Write the page."""
    if Path(options.output).suffix != ".html":
        raise ArgumentError(f"--output: {options.output}; accepted: a name that ends in .html")
    check_writable(options.output)
    results = Path(options.results or first_here(REFERENCE))
    paths = [Path(path) for path in options.tables or sorted((results / "tables").glob("*.parquet"))]
    if not paths:
        raise FileError(f"{results}: has no tables; accepted: a folder such as {LAPTOP}, with tables/*.parquet")
    if strange := [path for path in paths if path.suffix != ".parquet"]:
        raise ArgumentError(f"--tables: {strange[0]}; accepted: tidy tables, which end in .parquet")
    tables = {path.stem: read_table(path, ("cell", "quantity", "value")) for path in paths}
    told = options.source or (f"the tables of {paths[0].parent}" if options.tables else f"the run in {results}")
    write_text(options.output, page(tables, told, Path(options.resources or of_library("plotting/page"))))
    LOG.info("%s: %d experiments", options.output, len(tables))
