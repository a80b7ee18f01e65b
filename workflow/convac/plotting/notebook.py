"""Where a notebook finds what it draws: files of its job or, opened by hand, of the last run or the reference."""

from collections.abc import Iterator
from pathlib import Path

from convac.errors import FileError
from convac.provenance import LIBRARY

REFERENCE = "reference"


def inputs(
    study: str, table: str = "", examples: str = "", claims: str = "", stem: str = ""
) -> tuple[Path, Path, Path, Path]:
    """The paths that a notebook reads and draws to.

    What a job gives is taken as it is. By hand nothing need be given: a notebook in `notebooks`, where Jupyter starts
    it, takes the run of its checkout that ended last, else the reference results, and draws into `results/notebooks`:
    what manifests list stays as it is.

    Args:
        study: the experiment's name.
        table: path of the tidy table, relative to the working folder or a folder above it; empty: found.
        examples: likewise, of the example images.
        claims: likewise, of the verdicts.
        stem: likewise, of the figures less -part.suffix.

    Returns:
        Table, examples, claims, stem.

    Raises:
        FileError: there is neither a run nor a reference.
    """
    if table and examples and claims and stem:
        home = next((place for place in places() if (place / table).exists()), Path())
        return home / table, home / examples, home / claims, home / stem
    home = next((place for place in places() if candidates(place, study)), Path())
    found = candidates(home, study)
    if not found:
        raise FileError(
            f"results: no table and verdicts of {study}; accepted: results of a run, or results/{REFERENCE}, in this "
            "folder or above it"
        )
    run = found[0]
    return (
        Path(table or run / f"tables/{study}.parquet"),
        Path(examples or run / f"examples/{study}.parquet"),
        Path(claims or run / f"claims/{study}.csv"),
        Path(stem or home / f"results/notebooks/{study}"),
    )


def places() -> Iterator[Path]:
    """Folders that may have results: this one, those above it, and the library's checkout."""
    yield Path()
    yield from Path.cwd().parents
    yield LIBRARY.resolve().parents[1]


def candidates(home: Path, study: str) -> list[Path]:
    """Folders of results that have an experiment's table and verdicts: runs, the latest first, then the reference."""
    verdicts = [path for path in home.glob(f"results/*/claims/{study}.csv") if table_of(path).is_file()]
    runs = [path for path in verdicts if path.parts[-3] != REFERENCE]
    runs.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.parents[1] for path in [*runs, *(path for path in verdicts if path not in runs)]]


def table_of(claims: Path) -> Path:
    """The tidy table that stands beside verdicts."""
    return claims.parents[1] / f"tables/{claims.stem}.parquet"
