"""The files of published image sets, from a local folder or from the network, unpacked, every byte verified.

A file gets its name only once its sha256 is the one written here: that of its content, unpacked, in whatever layout it
was found (`convac.datasets.layouts`), or that of the published file that it is packed in.
"""

import hashlib
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from convac.arrays import short
from convac.datasets.layouts import BINARY, PYTHON, found, looked_for
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
class Published:
    """A file as it is published.

    Attributes:
        sha256: of the file itself, hex.
        contents: hex sha256 of what it holds, unpacked, by name.
    """

    sha256: str
    contents: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """Where a set's files are and what they hold.

    Attributes:
        mirrors: base addresses, each ending in a slash, in the order they are tried.
        files: published files by name.
    """

    mirrors: tuple[str, ...]
    files: Mapping[str, Published]


def idx_files(sums: Mapping[str, tuple[str, str]]) -> dict[str, Published]:
    """IDX files that are published packed by gzip, from hex sha256 packed and unpacked, by name unpacked."""
    return {f"{name}.gz": Published(packed, {name: content}) for name, (packed, content) in sums.items()}


SOURCES: dict[str, Source] = {
    "mnist": Source(
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        files=idx_files(
            {
                "train-images-idx3-ubyte": (
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                ),
                "train-labels-idx1-ubyte": (
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                ),
                "t10k-images-idx3-ubyte": (
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                ),
                "t10k-labels-idx1-ubyte": (
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                ),
            }
        ),
    ),
    "fashion_mnist": Source(
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        files=idx_files(
            {
                "train-images-idx3-ubyte": (
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                ),
                "train-labels-idx1-ubyte": (
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                ),
                "t10k-images-idx3-ubyte": (
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                ),
                "t10k-labels-idx1-ubyte": (
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ),
            }
        ),
    ),
    "cifar10": Source(
        mirrors=(
            "https://www.cs.toronto.edu/~kriz/",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        ),
        files={
            BINARY: Published(
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                {
                    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
                },
            )
        },
    ),
}
# another published file of the same contents, hex sha256 by name
EQUIVALENT = {PYTHON: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"}


def fetch(name: str, target_folder: str | Path, local: str | Path | None = None) -> list[Path]:
    """Put the files of one image set into a folder, unpacked; those already there and whole are kept.

    Args:
        name: a key of SOURCES.
        target_folder: made if it doesn't exist.
        local: folder that has the files, in any layout, and maybe below `~` or a `$VARIABLE`; by default the one in the
            environment variable CONVAC_DATA. A file that it lacks is downloaded.

    Returns:
        The paths of the files, in the order of SOURCES.

    Raises:
        ArgumentError: the name is unknown, or there is no such local folder; before anything is downloaded.
        FileError: a local file has a wrong checksum, or no mirror gave a file.
    """
    if name not in SOURCES:
        raise ArgumentError(f"name: {name!r} is unknown; accepted: {', '.join(SOURCES)}")
    folder, given = Path(target_folder), local or os.environ.get(LOCAL_VARIABLE)
    places = [folder, local_folder(given, "local" if local else LOCAL_VARIABLE)] if given else [folder]
    targets = []
    for packed, published in SOURCES[name].files.items():
        contents = published.contents
        missing = [content for content in contents if not any(taken(name, content, place, folder) for place in places)]
        if missing:
            download(name, folder / packed, published.sha256, looked(name, missing[0], given))
            if not all(taken(name, content, folder, folder) for content in missing):
                raise FileError(f"{folder / packed}: doesn't hold what is published; expected {', '.join(missing)}")
            (folder / packed).unlink()
        targets += [folder / content for content in contents]
    return targets


def local_folder(given: str | Path, name: str) -> Path:
    """The folder that a path, which may begin with `~` or hold a `$VARIABLE`, names; raises ArgumentError."""
    path = os.path.expandvars(os.path.expanduser(given))
    if not os.path.isdir(path):
        raise ArgumentError(f"{name}: {short(str(given))}: no such folder; accepted: one that has files of the set")
    return Path(path)


def looked(name: str, content: str, given: str | Path | None) -> str:
    """What a local folder lacks, and the names that it was looked for by; empty without a folder."""
    return f"{given}: no {looked_for(name, content)}; " if given else ""


def taken(name: str, content: str, folder: Path, target_folder: Path) -> bool:
    """Whether a content of a set is in a folder, from which it is put where it belongs.

    Raises:
        FileError: there are files of its names, but none can be read and is the published one. Not of those in the
            target's own folder, which are replaced.
    """
    target = target_folder / content
    failures: list[FileError] = []
    for file in found(name, content, folder):
        try:
            data = file.read()
            require_genuine(name, content, file.path, data)
        except FileError as error:
            failures.append(error)
            continue
        if file.path == target:
            LOG.info("%s is there", target)
        else:
            with replacing(target) as temporary:
                temporary.write_bytes(data)
            LOG.info("%s taken from %s", target, file.path)
        return True
    if failures and folder != target_folder:
        raise failures[0]
    return False


def require_genuine(name: str, content: str, path: Path, data: bytes) -> None:
    """Raise ChecksumError unless a file, or what was read from it, is as published."""
    packed, published = next(item for item in SOURCES[name].files.items() if content in item[1].contents)
    digest = hashlib.sha256(data).hexdigest()
    known = {packed: published.sha256, **EQUIVALENT}.get(path.name)
    if digest != published.contents[content] and (known is None or sha256(path) != known):
        word = "sha256" if path.name == content else f"sha256 of {content}"
        require_checksum(str(path), digest, published.contents[content], word)


def download(name: str, target: Path, digest: str, lacking: str = "") -> None:
    """Save a published file from the first mirror that gives it whole.

    Args:
        name: of the set.
        target: the file.
        digest: its hex sha256.
        lacking: what a local folder lacks, for the error.

    Raises:
        FileError: no mirror gives it.
    """
    mirrors = SOURCES[name].mirrors
    failure = ""
    for mirror in mirrors:
        failure = tried(mirror + target.name, target, digest)
        if not failure:
            return
    hosts = ", ".join(urlsplit(mirror).hostname or mirror for mirror in mirrors)
    if lacking:
        LOG.warning("%s/%s: no download from %s (%s)", name, target.name, hosts, failure)
        raise FileError(f"{lacking}no download: {failure}")
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


def require_checksum(place: str, found: str, expected: str, word: str = "sha256") -> None:
    """Raise ChecksumError that names the path or address `place` unless two hex sha256 are equal."""
    if found != expected:
        raise ChecksumError(f"{place}: {word} {found[:16]}…; expected {expected[:16]}…, as published")


def cause(error: Exception) -> str:
    """What an error says, in a few words."""
    text = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
    return one_line(str(text) or type(error).__name__, limit=60)
