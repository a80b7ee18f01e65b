"""The original files of published image sets, from a local folder or from the network, every byte verified.

A file is only ever renamed into place after its sha256 is the one written here.
"""

import hashlib
import os
import shutil
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from convac.errors import ArgumentError, FileError, one_line
from convac.files import replacing, sha256
from convac.progress import LOG

PAUSES = (1.0, 4.0)  # seconds before the second and the third try of a mirror
TIMEOUT = 60  # seconds without an answer
CHUNK = 1 << 20  # bytes
LOCAL_VARIABLE = "CONVAC_DATA"


class ChecksumError(FileError):
    """A file that is whole but isn't the published one."""


class TransferError(Exception):
    """A transfer that broke off, which another try may finish; its message is the cause in a few words."""


@dataclass(frozen=True)
class Source:
    """Where a set's files are and what they hold.

    Attributes:
        mirrors: base addresses, each ending in a slash, in the order they are tried.
        files: hex sha256 by file name.
    """

    mirrors: tuple[str, ...]
    files: Mapping[str, str]


SOURCES: dict[str, Source] = {
    "mnist": Source(
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        files={
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    "fashion_mnist": Source(
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        files={
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ),
    "cifar10": Source(
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        files={"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    ),
}


def fetch(name: str, target_folder: str | Path, local: str | Path | None = None) -> list[Path]:
    """Put the original files of one image set into a folder; those already there and whole are kept.

    Args:
        name: a key of SOURCES.
        target_folder: made if it doesn't exist.
        local: folder whose files are copied in place of a download, as `<name>/<file>` or `<file>`; by default the
            one in the environment variable CONVAC_DATA. A file that it lacks is downloaded.

    Returns:
        The paths of the files, in the order of SOURCES.

    Raises:
        ArgumentError: the name is unknown.
        FileError: a local file has a wrong checksum, or no mirror gave a file.
    """
    if name not in SOURCES:
        raise ArgumentError(f"name: {name!r} is unknown; accepted: {', '.join(SOURCES)}")
    targets = []
    for file, digest in SOURCES[name].files.items():
        target = Path(target_folder) / file
        found = local_file(name, file, local or os.environ.get(LOCAL_VARIABLE))
        if target.is_file() and sha256(target) == digest:
            LOG.info("%s is there", target)
        elif found:
            copy(found, target, digest)
        else:
            download(name, target, digest)
        targets.append(target)
    return targets


def local_file(name: str, file: str, local: str | Path | None) -> Path | None:
    """The file in the local folder, in the set's own subfolder first: two sets share their file names."""
    if not local:
        return None
    places = (Path(local) / name / file, Path(local) / file)
    return next((place for place in places if place.is_file()), None)


def copy(found: Path, target: Path, digest: str) -> None:
    """Copy a local file; raises FileError that names it if it can't be copied or its sha256 isn't `digest`."""
    with replacing(target) as temporary:
        try:
            shutil.copyfile(found, temporary)
        except OSError as error:
            raise FileError(f"{found}: {cause(error)}; expected a file that can be copied to {target}") from error
        require_checksum(str(found), sha256(temporary), digest)
    LOG.info("%s copied from %s", target, found)


def download(name: str, target: Path, digest: str) -> None:
    """Save the file from the first mirror that gives it whole; raises FileError when none does."""
    mirrors = SOURCES[name].mirrors
    failure = ""
    for mirror in mirrors:
        failure = tried(mirror + target.name, target, digest)
        if not failure:
            return
    hosts = ", ".join(urlsplit(mirror).hostname or mirror for mirror in mirrors)
    # the advice stands before the cause, which may be cut off
    raise FileError(f"{name}/{target.name}: no download from {hosts}; put it in the folder of local_data ({failure})")


def tried(url: str, target: Path, digest: str) -> str:
    """Save `url` in up to three tries, but only one if its content is wrong; the last failure, empty if it worked."""
    failure = ""
    for pause in (0.0, *PAUSES):
        sleep(pause)
        try:
            save(url, target, digest)
        except ChecksumError as error:
            LOG.warning("%s", error)
            return "wrong checksum"
        except TransferError as error:
            failure = str(error)
            LOG.warning("%s: %s", url, failure)
        else:
            LOG.info("%s downloaded from %s", target, url)
            return ""
    return failure


def save(url: str, target: Path, digest: str) -> None:
    """Stream `url` to the file.

    Raises:
        ChecksumError: its sha256 isn't `digest`.
        TransferError: no connection, or one that ended early.
        FileError: the file can't be written.
    """
    with replacing(target) as temporary:
        try:
            found = stream(url, temporary)
        except (OSError, EOFError, HTTPException) as error:
            raise TransferError(cause(error)) from error
        require_checksum(url, found, digest)


def stream(url: str, file: Path) -> str:
    """Write what `url` gives to a file, in chunks; its sha256. Raises EOFError if it ends early."""
    found = hashlib.sha256()
    with opened(url) as response, file.open("wb") as handle:
        while chunk := response.read(CHUNK):
            found.update(chunk)
            handle.write(chunk)
        # a response that is read in chunks doesn't tell by itself that its announced length wasn't reached
        if getattr(response, "length", None):
            raise EOFError(f"ended {response.length} bytes early")
    return found.hexdigest()


def opened(url: str) -> Any:
    """The open response at `url`: a context manager with `read(size)` and, if known, `length`: bytes yet to come."""
    return urllib.request.urlopen(url, timeout=TIMEOUT)


def require_checksum(place: str, found: str, expected: str) -> None:
    """Raise ChecksumError that names the path or address `place` unless two hex sha256 are equal."""
    if found != expected:
        raise ChecksumError(f"{place}: sha256 {found[:16]}…; expected {expected[:16]}…, as published")


def cause(error: Exception) -> str:
    """What an error says, in a few words."""
    text = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
    return one_line(str(text) or type(error).__name__, limit=60)
