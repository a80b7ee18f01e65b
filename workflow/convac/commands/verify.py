"""Check results against the manifest of their run."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from convac.errors import FileError
from convac.files import naming, read_json, sha256


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac verify`."""
    parser.add_argument("manifest", nargs="*", help="manifests; by default every results/*/manifest.json")


def run(options: Namespace) -> None:
    """Print how many files are as written; raise FileError naming the first that isn't."""
    manifests = options.manifest or sorted(map(str, Path("results").glob("*/manifest.json")))
    if not manifests:
        raise FileError("results/*/manifest.json: no such file; run the workflow first, or name a manifest")
    for manifest in manifests:
        with naming(manifest, "a manifest written by convac"):
            files = read_json(manifest)["files"].items()
        wrong = [line for path, facts in files if (line := difference(path, facts))]
        for line in wrong[1:]:
            print(line)
        if wrong:
            raise FileError(f"{wrong[0]}; {len(wrong)} of {len(files)} files of {manifest} differ")
        print(f"{manifest}: {len(files)} files as written")


def difference(path: str, facts: dict[str, Any]) -> str:
    """How a file differs from its entry; empty when it doesn't."""
    if not Path(path).is_file():
        return f"{path}: is missing"
    if Path(path).stat().st_size != facts["bytes"]:
        return f"{path}: has {Path(path).stat().st_size} bytes, not {facts['bytes']}"
    return "" if sha256(path) == facts["sha256"] else f"{path}: content changed"
