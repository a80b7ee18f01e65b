import gzip
import hashlib
import io
from http.client import IncompleteRead
from urllib.error import URLError

import pytest
from image_sets import BATCHES, assert_refused

from convac.datasets import downloads, layouts
from convac.datasets.downloads import LOCAL_VARIABLE, SOURCES, Source, fetch, idx_files
from convac.datasets.formats import READERS, image_set
from convac.errors import ArgumentError, FileError
from convac.specs.dataset import DOWNLOADED


def test_every_set_has_its_addresses_and_its_reader():
    assert tuple(SOURCES) == tuple(READERS) == DOWNLOADED


def test_unknown_sets(tmp_path):
    for call in (image_set, fetch):
        with pytest.raises(ArgumentError, match="accepted: mnist, fashion_mnist, cifar10"):
            call("svhn", tmp_path)


CONTENT = b"the images" * 300
PACKED = gzip.compress(CONTENT, compresslevel=0, mtime=0)


class Response(io.BytesIO):
    """What `urllib` gives: `length` bytes are yet to come; one that was cut ends before."""

    def __init__(self, content, announced):
        super().__init__(content)
        self.length = announced

    def read(self, size=-1):
        chunk = super().read(size)
        self.length -= len(chunk)
        return chunk


class Web:
    """Stands for the network: per host, the bytes it serves, or the error it raises, one try after another."""

    def __init__(self):
        self.served = {"a": [URLError("refused")], "b": [URLError("refused")]}
        self.asked = []
        self.slept = []

    def opened(self, url):
        host = url.split("/")[2]
        self.asked.append(url)
        answers = self.served[host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Response(answer, len(PACKED))


@pytest.fixture
def web(monkeypatch):
    web = Web()
    sums = {"x": tuple(hashlib.sha256(content).hexdigest() for content in (PACKED, CONTENT))}
    monkeypatch.setitem(SOURCES, "mnist", Source(("https://a/x/", "https://b/"), idx_files(sums)))
    monkeypatch.setattr(downloads, "opened", web.opened)
    monkeypatch.setattr(downloads, "sleep", web.slept.append)
    monkeypatch.setattr(downloads, "CHUNK", 1000)
    monkeypatch.delenv(LOCAL_VARIABLE, raising=False)
    return web


def names(folder):
    return [entry.name for entry in folder.rglob("*")]


def test_the_second_mirror_serves(tmp_path, web):
    web.served["b"] = [PACKED]
    assert fetch("mnist", tmp_path / "new") == [tmp_path / "new" / "x"]
    assert (tmp_path / "new" / "x").read_bytes() == CONTENT
    assert web.asked == ["https://a/x/x.gz"] * 3 + ["https://b/x.gz"]
    assert [pause for pause in web.slept if pause] == [1, 4]
    assert names(tmp_path / "new") == ["x"]


@pytest.mark.parametrize("answer", [PACKED[:-500], IncompleteRead(b""), TimeoutError(), ConnectionResetError("reset")])
def test_a_passing_failure_is_tried_again(tmp_path, web, answer):
    web.served["a"] = [answer, PACKED]
    fetch("mnist", tmp_path)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert web.asked == ["https://a/x/x.gz"] * 2


def test_a_wrong_checksum_is_a_failed_mirror(tmp_path, web):
    web.served = {"a": [b"?" * len(PACKED)], "b": [PACKED]}
    fetch("mnist", tmp_path)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert web.asked == ["https://a/x/x.gz", "https://b/x.gz"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (URLError("refused"), "refused"),
        (b"?" * len(PACKED), "wrong checksum"),
        (PACKED[:-500], "ended 500 bytes early"),
        (OSError("x" * 300), "xx…"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_no_mirror_serves(tmp_path, web, answer, told):
    web.served = {"a": [answer], "b": [answer]}
    with pytest.raises(FileError) as caught:
        fetch("mnist", tmp_path)
    line = str(caught.value)
    assert len(line) <= 200
    assert len(line.splitlines()) == 1
    assert all(part in line for part in ("mnist/x.gz", "from a, b", "local_data", told))
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10"])
def test_the_advice_is_never_cut_off(tmp_path, web, monkeypatch, name):
    monkeypatch.setattr(downloads, "tried", lambda *arguments: "x" * 60)
    with pytest.raises(FileError, match="put it in the folder of local_data"):
        fetch(name, tmp_path)


def test_a_file_that_is_there_is_kept_and_a_damaged_one_replaced(tmp_path, web):
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    fetch("mnist", tmp_path)
    assert not web.asked
    path.write_bytes(b"old")
    with pytest.raises(FileError):
        fetch("mnist", tmp_path)
    assert path.read_bytes() == b"old"
    web.served["a"] = [PACKED]
    fetch("mnist", tmp_path)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("place", ["x.gz", "mnist/x.gz", "MNIST/raw/x.gz", "raw/x.gz", "x", "MNIST/raw/x", "mnist/x"])
@pytest.mark.parametrize("named_by", ["argument", "environment"])
def test_a_local_file_is_taken(tmp_path, web, monkeypatch, place, named_by):
    local = tmp_path / "local"
    (local / place).parent.mkdir(parents=True)
    # packed at another level, at another time
    (local / place).write_bytes(gzip.compress(CONTENT) if place.endswith("gz") else CONTENT)
    if named_by == "environment":
        monkeypatch.setenv(LOCAL_VARIABLE, str(local))
    fetch("mnist", tmp_path / "new", local if named_by == "argument" else None)
    assert (tmp_path / "new" / "x").read_bytes() == CONTENT
    assert names(tmp_path / "new") == ["x"]
    assert not web.asked


@pytest.mark.parametrize("given", ["~/pictures", "$PICTURES", "${PICTURES}/../pictures", "~/$NAME"])
def test_a_home_and_variables_are_expanded(tmp_path, web, monkeypatch, given):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PICTURES", str(tmp_path / "pictures"))
    monkeypatch.setenv("NAME", "pictures")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "x").write_bytes(CONTENT)
    fetch("mnist", tmp_path / "new", given)
    assert (tmp_path / "new" / "x").read_bytes() == CONTENT


def test_what_an_earlier_version_downloaded_is_used(tmp_path, web):
    (tmp_path / "x.gz").write_bytes(PACKED)
    fetch("mnist", tmp_path)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert not web.asked


def test_a_local_folder_without_the_file_means_a_download(tmp_path, web):
    web.served["a"] = [PACKED]
    (tmp_path / "none").mkdir()
    fetch("mnist", tmp_path / "new", tmp_path / "none")
    assert web.asked == ["https://a/x/x.gz"]


@pytest.mark.parametrize("given", ["none", "file", "$NOWHERE/pictures", "~nobody/pictures", "x" * 5000])
@pytest.mark.parametrize("named_by", ["local", LOCAL_VARIABLE])
def test_a_local_folder_that_is_none_is_refused_before_downloads(tmp_path, web, monkeypatch, given, named_by):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOWHERE", raising=False)
    (tmp_path / "file").touch()
    if named_by == LOCAL_VARIABLE:
        monkeypatch.setenv(LOCAL_VARIABLE, given)
    with pytest.raises(ArgumentError, match=rf"^{named_by}: .*: no such folder; accepted: one that has files"):
        fetch("mnist", tmp_path / "new", given if named_by == "local" else None)
    assert not web.asked


@pytest.mark.parametrize(
    ("name", "words"), [("mnist", "no x, x (or .gz) in it, mnist, MNIST, raw"), ("cifar10", BATCHES[0])]
)
def test_without_file_and_download_the_names_looked_for_are_listed(tmp_path, web, monkeypatch, name, words):
    monkeypatch.setattr(downloads, "tried", lambda *arguments: "refused")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    with pytest.raises(FileError) as caught:
        fetch(name, tmp_path / "new", "pictures")
    line = str(caught.value)
    assert len(line) <= 200
    assert line.startswith("pictures: no ")
    assert words in line


def test_a_damaged_local_file(tmp_path, web):
    local = tmp_path / "local"
    local.mkdir()
    (local / "x.gz").write_bytes(gzip.compress(b"other"))
    digests = [hashlib.sha256(content).hexdigest()[:16] for content in (b"other", CONTENT)]
    told = (f"sha256 of x {digests[0]}", digests[1])
    assert_refused(local / "x.gz", lambda: fetch("mnist", tmp_path / "new", local), *told)
    assert names(tmp_path / "new") == []
    (local / "x.gz").write_bytes(gzip.compress(CONTENT * 1000)[:-9])
    assert_refused(local / "x.gz", lambda: fetch("mnist", tmp_path / "new", local), "is cut short")
    # the right one beside it is taken
    (local / "MNIST").mkdir()
    (local / "MNIST" / "x").write_bytes(CONTENT)
    fetch("mnist", tmp_path / "new", local)
    assert (tmp_path / "new" / "x").read_bytes() == CONTENT
    assert not web.asked


def test_a_local_file_that_cannot_be_read(tmp_path, web, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "x.gz").write_bytes(CONTENT)
    assert_refused(tmp_path / "x.gz", lambda: fetch("mnist", tmp_path / "new", tmp_path), "")
    monkeypatch.setattr(layouts.gzip, "open", refuse)
    assert_refused(tmp_path / "x.gz", lambda: fetch("mnist", tmp_path / "new", tmp_path), "Permission denied")
