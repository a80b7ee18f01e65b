"""Histories for other programs: what stands in the files, read by a decoder of the test's own, and what is refused."""

import struct

import numpy as np
import pandas as pd
import pytest

from convac.cli import main
from convac.files import write_table
from convac.training.event_files import NAME, crc32c, event_file
from convac.training.history import History


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of two seeds whose history is kept, in the working folder."""
    monkeypatch.chdir(tmp_path)
    history = History((10, 12))
    for step in (0, 200):
        history.record(step, "loss", np.array([step + 0.5, step + 0.25]))
        history.record(step, "log_scale", np.array([-1.0, 3.0]), level=2)
    write_table("results/runs/blobs-a/history.parquet", history.frame())
    return history.frame()


def fields(content):
    """Fields of a message in protocol buffers by number, each a number or bytes."""
    found, place = {}, 0

    def varint():
        nonlocal place
        number, shift = 0, 0
        while True:
            byte = content[place]
            place += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while place < len(content):
        key = varint()
        length = {0: 0, 1: 8, 5: 4}.get(key & 7)
        if key & 7 == 0:
            value = varint()
        else:
            length = varint() if length is None else length
            value, place = content[place : place + length], place + length
        found.setdefault(key >> 3, []).append(value)
    return found


def events(content):
    """Messages of an event file; checksums are checked."""
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        message = content[12 : 12 + length]
        for part, told in ((content[:8], content[8:12]), (message, content[12 + length : 16 + length])):
            turned = (struct.unpack("<I", told)[0] - 0xA282EAD8) % 2**32
            assert ((turned >> 17) | (turned << 15)) % 2**32 == crc32c(part)
        yield fields(message)
        content = content[16 + length :]


def test_a_seed_has_a_file_of_events(run, tmp_path):
    main(["histories", "--format", "tensorboard"])
    for seed in (10, 12):
        first, *others = events((tmp_path / f"results/histories/blobs-a/seed-{seed}" / NAME).read_bytes())
        assert first[3] == [b"brain.Event:2"]
        assert struct.unpack("<d", first[1][0])[0] > 1e9
        told = []
        for event in others:
            (value,) = fields(event[5][0])[1]
            parts = fields(value)
            told.append((parts[1][0].decode(), event[2][0], struct.unpack("<f", parts[2][0])[0]))
        own = run[run["seed"] == seed]
        named = own["quantity"].where(own["level"] == 0, own["quantity"] + "/level 2")
        assert sorted(told) == sorted(zip(named, own["step"], own["value"], strict=True))


def test_a_run_has_one_tidy_table(run):
    main(["histories", "results/runs/blobs-a", "--out", "mine"])
    assert pd.read_csv("mine/blobs-a.csv").equals(run)


def test_an_empty_history_is_a_file_that_says_its_version():
    (first,) = events(event_file([], 0.0))
    assert first[3] == [b"brain.Event:2"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "results/runs: has no history.parquet; accepted: "),
        (["nowhere"], "nowhere: has no history.parquet; accepted: "),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["histories", *words])
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert len(line) <= 200
