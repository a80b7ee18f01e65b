"""Where a notebook finds what it draws: files of its job or, opened by hand, of the last run or the reference."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from convac.errors import FileError
from convac.provenance import LIBRARY
from convac.specs.results import CLAIMS, EXAMPLES, REFERENCE, RESULTS, TABLE, filled


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
            f"{RESULTS}: no table and verdicts of {study}; accepted: results of a run, or {REFERENCE}, in this folder "
            "or above it"
        )
    ours = partial(filled, scale=found[0].name, experiment=study)
    return (
        Path(table or home / ours(TABLE)),
        Path(examples or home / ours(EXAMPLES)),
        Path(claims or home / ours(CLAIMS)),
        Path(stem or home / RESULTS / "notebooks" / study),
    )


def places() -> Iterator[Path]:
    """Folders that may have results: this one, those above it, and the library's checkout."""
    yield Path()
    yield from Path.cwd().parents
    yield LIBRARY.resolve().parents[1]


def candidates(home: Path, study: str) -> list[Path]:
    """Folders of results that have an experiment's table and verdicts: runs, the latest first, then the reference."""
    verdicts = {path.parents[1]: path for path in home.glob(filled(CLAIMS, scale="*", experiment=study))}
    judged = [run for run in verdicts if (home / filled(TABLE, scale=run.name, experiment=study)).is_file()]
    judged.sort(key=lambda run: (run != home / REFERENCE, verdicts[run].stat().st_mtime), reverse=True)
    return judged
