"""The verdict on a run: print how it compares with the reference, and fail if it contradicts it.

With --exact, the tables and verdicts of two folders of results are compared bit for bit, and any difference fails.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from convac.claims.comparison import AGREES, COLUMNS, CONTRADICTS, DIFFERS, counted
from convac.claims.exact import Differences, differences
from convac.claims.renaming import Renaming, renamed
from convac.claims.texts import as_texts
from convac.errors import ArgumentError, ConfigError, ConvacError, FileError
from convac.files import naming, read_table
from convac.planning.config_files import config_text, loaded, shown_path
from convac.planning.paths import COMPARISON_CSV, reference
from convac.specs.parsing import parse
from convac.specs.results import SCALE, filled

WORDS = ("quantity", "kind", "worst")
SHOWN = [column for column in COLUMNS if column not in {"p_holm", "worst"}]
COMPARISON, RUN = (filled(path, scale="laptop") for path in (COMPARISON_CSV, SCALE))
EXACT = ("renamed", "results", "reference", "experiment")  # options that need --exact
TABLE, VERDICTS, LEDGER = ("cell", "quantity", "value"), ("id", "verdict"), ("experiment", "id", "verdict")


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac compare`."""
    parser.add_argument("comparison", nargs="?", help=f"table of `convac comparison`; by default {COMPARISON}")
    parser.add_argument("--exact", action="store_true", help="tables and verdicts of two folders must be identical")
    parser.add_argument("--results", help=f"with --exact: folder of the run; by default {RUN}")
    parser.add_argument("--reference", help="with --exact: folder to compare it with; by default that of its scale")
    parser.add_argument(
        "--renamed", metavar="MAP", help="with --exact: JSON or YAML with the new names of what the reference has"
    )
    parser.add_argument("--experiment", nargs="+", metavar="NAME", help="with --exact: only these, by their new names")


def run(options: Namespace) -> None:
    """Print the table and what is furthest apart; raise ConvacError where anything contradicts, or is not exact."""
    if options.exact:
        if options.comparison:
            raise ArgumentError("comparison: isn't read with --exact; accepted: --results and --reference, two folders")
        return run_exact(options)
    for name in EXACT:
        if getattr(options, name) is not None:
            raise ArgumentError(f"--{name}: has no effect alone; accepted: with --exact")
    return run_comparison(options.comparison or COMPARISON)


def run_comparison(path: str) -> None:
    """Print a comparison; raise ConvacError where anything contradicts."""
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


def run_exact(options: Namespace) -> None:
    """Print of every table and of all verdicts how they differ; raise ConvacError where they do."""
    run = Path(options.results or RUN)
    kept = Path(options.reference or reference(run.name))
    renaming = read_renaming(options.renamed) if options.renamed else Renaming()
    wanted = None if options.experiment is None else set(options.experiment)
    old = experiments(kept)
    new = {renaming.experiment(name): name for name in old}
    if len(new) < len(old):
        raise ConfigError(f"{options.renamed}.experiments: two of {kept} become one; accepted: names that stay apart")
    known = {*new, *experiments(run)}
    if wanted is not None and (unknown := sorted(wanted - known)):
        raise ArgumentError(f"--experiment: {unknown[0]} is in neither folder; accepted: {', '.join(sorted(known))}")
    chosen = sorted(known if wanted is None else wanted)
    try:
        found = dict(compared(run, kept, {name: new.get(name, name) for name in chosen}, renaming, wanted is None))
    except ConfigError as error:
        raise ConfigError(f"{options.renamed}.{error}") from error
    for name, result in found.items():
        print(f"{name}: {result}", *result.examples, sep="\n  ")
    other = [name for name, result in found.items() if result]
    print(f"{run}: {len(found) - len(other)} of {len(found)} files are identical to those of {kept}")
    if other:
        raise ConvacError(f"{run}: {len(other)} of {len(found)} files differ from {kept}, the first {other[0]}")


def read_renaming(path: str) -> Renaming:
    """A map of renamings; nothing but comments is the empty map.

    Raises:
        ConfigError: one line that names the file, and the line or key at fault.
    """
    name = shown_path(path)
    try:
        value, repeated = loaded(config_text(path))
    except ConfigError as error:
        raise ConfigError(f"{name}{error}") from error
    if repeated:
        raise ConfigError(f"{name}: {repeated[0]}")
    if value is not None and not isinstance(value, Mapping):
        raise ConfigError(f"{name}: is not a block; accepted: the keys {', '.join(Renaming.model_fields)}")
    return parse(Renaming, value or {}, name)


def experiments(results: Path) -> list[str]:
    """The experiments whose tables a folder has; raises FileError where there are none."""
    found = [path.stem for path in sorted(results.glob("tables/*.parquet"))]
    if not found:
        raise FileError(f"{results}: has no tables; accepted: a folder such as {RUN}, with tables/<experiment>.parquet")
    return found


def compared(
    run: Path, reference: Path, chosen: Mapping[str, str], renaming: Renaming, ledger: bool
) -> Iterator[tuple[str, Differences]]:
    """The files of the chosen experiments, old names by today's, and of the ledger if wanted, with how they differ."""
    for name, old in chosen.items():
        for pattern, columns in (
            ("tables/{}.parquet", TABLE),
            ("examples/{}.parquet", TABLE),
            ("claims/{}.csv", VERDICTS),
        ):
            file = pattern.format(name)
            sides = reference / pattern.format(old), run / file
            yield file, differ(*sides, columns, renaming, old)
    if ledger:
        yield "claims.csv", differ(reference / "claims.csv", run / "claims.csv", LEDGER, renaming, "")


def differ(reference: Path, run: Path, columns: tuple[str, ...], renaming: Renaming, experiment: str) -> Differences:
    """How two files differ that should have the same content; a missing one has no rows."""
    if not reference.is_file() and not run.is_file():
        raise FileError(f"{reference}: no such file; accepted: results with all of an experiment's tables and verdicts")
    if not run.is_file():
        rows = len(texts(reference, columns))
        return Differences(rows, rows, 0, 0, ("missing: the whole file",))
    second = texts(run, columns)
    if not reference.is_file():
        return Differences(0, 0, len(second), 0, ("added: the whole file",))
    first = texts(reference, columns)
    first = renamed(first, renaming, experiment) if experiment else renamed_ledger(first, renaming)
    observed = ["value"] if "value" in columns else [name for name in first.columns if name not in LEDGER[:2]]
    return differences(first, second, observed)


def renamed_ledger(ledger: pd.DataFrame, renaming: Renaming) -> pd.DataFrame:
    """The verdicts of all experiments, as texts, with today's names of each."""
    parts = [renamed(part, renaming, str(name).strip('"')) for name, part in ledger.groupby("experiment", sort=False)]
    return pd.concat(parts) if parts else ledger


def texts(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A file's table as texts: values of Parquet, what is written of CSV."""
    table = read_table(path, columns)
    if path.suffix == ".csv":
        with naming(path, "a csv table"):
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return as_texts(table)
