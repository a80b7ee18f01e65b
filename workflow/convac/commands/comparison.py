"""Compare a scale's results with the committed reference, row by row; `convac compare` gives the verdict."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from convac.claims.comparison import Results, compare, counted, to_markdown
from convac.claims.ledger import read_verdicts
from convac.errors import ArgumentError, FileError
from convac.files import read_json, read_table, write_table, write_text
from convac.progress import LOG
from convac.specs.results import REFERENCE
from convac.specs.tables import KEYS, joined


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac comparison`."""
    parser.add_argument("--scale", required=True, help="scale of the run; the reference must be of the same")
    parser.add_argument("--tables", required=True, nargs="+", help="tidy tables of the run's experiments, parquet")
    parser.add_argument("--examples", required=True, nargs="+", help="their example images, parquet")
    parser.add_argument("--claims", required=True, nargs="+", help="claims CSVs of the same experiments")
    parser.add_argument("--reference", default=REFERENCE, help="folder of the reference")
    parser.add_argument("--csv", required=True, help="CSV to write")
    parser.add_argument("--markdown", required=True, help="the same as a Markdown table")


def run(options: Namespace) -> None:
    """Write the comparison; a run that contradicts the reference is no failure here."""
    reference = Path(options.reference)
    patterns = "tables/*.parquet", "examples/*.parquet", "claims/*.csv"
    kept = results(*(sorted(reference.glob(pattern)) for pattern in patterns))
    if not kept:
        raise FileError(f"{reference}: has no tables; take a run as the reference by `make reference`")
    found = results(options.tables, options.examples, options.claims)
    check_scale(reference, [name for name in kept if name in found], options.scale)
    comparison = compare(kept, found)
    write_table(options.csv, comparison)
    write_text(options.markdown, to_markdown(comparison))
    LOG.info("%s", counted(comparison))


def results(
    tables: Iterable[str | Path], examples: Iterable[str | Path], claims: Iterable[str | Path]
) -> dict[str, Results]:
    """Tables with their example images and verdicts, by experiment; raises ArgumentError for a table without either."""
    pixels, verdicts = ({Path(path).stem: path for path in paths} for paths in (examples, claims))
    found = {}
    for table in tables:
        name = Path(table).stem
        if name not in verdicts:
            raise ArgumentError(f"claims: {name}.csv is missing; accepted: the verdicts of every table")
        observations = read_table(table, KEYS)
        if name not in pixels:
            raise ArgumentError(f"examples: {name}.parquet is missing; accepted: the example images of every table")
        whole = joined(observations, read_table(pixels[name], KEYS))
        found[name] = Results(whole, read_verdicts(verdicts[name], ("id", "verdict")))
    return found


def check_scale(reference: Path, experiments: Iterable[str], scale: str) -> None:
    """Raise FileError unless the reference of every experiment was taken at this scale."""
    record = read_json(reference / "run.json")
    for name in experiments:
        taken = record.get(name, {}).get("scale", "unknown")
        if taken != scale:
            raise FileError(f"{reference}/run.json: {name} is of scale {taken}; accepted: {scale}, that of the run")
