"""Files that a command is asked to write: refused before the work whose result they are to hold."""

import os
from pathlib import Path

from convac.errors import FileError


def check_writable(path: str | Path) -> None:
    """Refuse a file to write before the work whose result it is to hold; nothing is made.

    Raises:
        FileError: it is a folder, or it can't be put where it is to lie.
    """
    place = Path(os.path.abspath(path))
    if place.is_dir():
        raise FileError(f"{path}: is a folder; accepted: a file to write")
    above = next(folder for folder in place.parents if os.path.lexists(folder))
    if not above.is_dir():
        raise FileError(f"{path}: can't be written: {above} is not a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise FileError(f"{path}: can't be written: {above} may not be written to")
