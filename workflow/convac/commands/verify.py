"""Check results against the manifest of their run."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import NamedTuple

from convac.errors import FileError
from convac.files import check_whole, naming, parsed_json, sha256
from convac.planning.paths import MANIFEST, made_since
from convac.specs.results import filled

EVERY = filled(MANIFEST, scale="*")
ACCEPTED = f"a manifest, as {filled(MANIFEST, scale='laptop')}"


class Facts(NamedTuple):
    """What a manifest says of a file.

    Attributes:
        size: in bytes.
        sha256: of its bytes, hex.
    """

    size: int
    sha256: str


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac verify`."""
    parser.add_argument("manifest", nargs="*", help=f"manifests; by default every {EVERY}")


def run(options: Namespace) -> None:
    """Print how many files are as written, and how many a later run has made again.

    Raises:
        FileError: a file was changed or lost by something else than a run of the workflow; it names the first.
    """
    manifests = options.manifest or sorted(map(str, Path().glob(EVERY)))
    if not manifests:
        raise FileError(f"{EVERY}: no such file; run the workflow first, or name a manifest")
    wrong = [line for manifest in manifests for line in checked(manifest)]
    for line in wrong[1:]:
        print(line)
    if wrong:
        raise FileError(wrong[0])


def checked(manifest: str) -> list[str]:
    """Print what a manifest's files are like; a line for each that no run accounts for."""
    files = listed(manifest)
    written = Path(manifest).stat().st_mtime
    different = {path: line for path, facts in files.items() if (line := difference(path, facts))}
    later = [path for path in different if made_since(path, written) and is_whole(path)]
    wrong = [line for path, line in different.items() if path not in later]
    of_all = f" of {len(files)}" if different else ""
    print(f"{manifest}: {len(files) - len(different)}{of_all} files as written")
    if later:
        count = f"{len(later)} {'were' if later[1:] else 'was'}"
        print(f"{count} made again since, by a run of a part or of another config: {shortened(later)}")
        print("no manifest lists them yet; the next complete run with the config that you want to keep rewrites it")
    return [f"{wrong[0]}; {len(wrong)} of {len(files)} files of {manifest} differ", *wrong[1:]] if wrong else []


def is_whole(path: str) -> bool:
    """Whether a file is there and can be read to its end."""
    try:
        check_whole(path)
    except FileError:
        return False
    return True


def shortened(paths: list[str]) -> str:
    """The first of some paths, and how many there are beside it."""
    return paths[0] + (f" and {len(paths) - 1} more" if paths[1:] else "")


def listed(manifest: str) -> dict[str, Facts]:
    """Size and sha256 by path, as a manifest lists them; raises FileError for anything else."""
    with naming(manifest, ACCEPTED):
        files = parsed_json(Path(manifest).read_text(encoding="utf-8-sig"))["files"]
        return {path: Facts(int(facts["bytes"]), str(facts["sha256"])) for path, facts in files.items()}


def difference(path: str, facts: Facts) -> str:
    """How a file differs from its entry; empty when it doesn't."""
    if not Path(path).is_file():
        return f"{path}: is missing"
    if Path(path).stat().st_size != facts.size:
        return f"{path}: has {Path(path).stat().st_size} bytes, not {facts.size}"
    return "" if sha256(path) == facts.sha256 else f"{path}: content changed"
