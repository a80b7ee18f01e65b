"""Check results against the manifest of their run."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import NamedTuple

from convac.errors import FileError
from convac.files import naming, parsed_json, sha256

ACCEPTED = "a manifest, as results/laptop/manifest.json"


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
    parser.add_argument("manifest", nargs="*", help="manifests; by default every results/*/manifest.json")


def run(options: Namespace) -> None:
    """Print how many files are as written; raise FileError naming the first that isn't."""
    manifests = options.manifest or sorted(map(str, Path("results").glob("*/manifest.json")))
    if not manifests:
        raise FileError("results/*/manifest.json: no such file; run the workflow first, or name a manifest")
    for manifest in manifests:
        files = listed(manifest)
        wrong = [line for path, facts in files.items() if (line := difference(path, facts))]
        for line in wrong[1:]:
            print(line)
        if wrong:
            raise FileError(f"{wrong[0]}; {len(wrong)} of {len(files)} files of {manifest} differ")
        print(f"{manifest}: {len(files)} files as written")


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
