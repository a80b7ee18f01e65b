"""Many more config files and options that are wrong, each refused in one line, and those that only look so."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from convac.commands.plan import refusal
from convac.errors import ConfigError
from convac.planning.arguments import argument_mistakes
from convac.planning.config import config_mistakes
from convac.planning.config_files import file_mistakes, read_config, typed

NESTED = (
    "experiments:\n  min_cut:\n    cases: 3\n    cases: 5\n    scales: {smoke: {cases: 1, cases: 2}}\nexperiments: {}\n"
)
WRONG = {
    "a key twice": ("scale: smoke\ndevice: cpu\nscale: paper\n", ["scale: appears twice, in lines 1 and 3"]),
    "on one line": ("a: {b: 1, b: 2}", ["a.b: appears twice, in line 1"]),
    "Windows' lines": ("scale: smoke\r\nscale: paper\r\n", ["scale: appears twice, in lines 1 and 2"]),
    "in quotes": ("scale: smoke\n'scale': paper\n", ["scale: appears twice, in lines 1 and 2"]),
    "in a list": ("a:\n  - {b: 1,\n    b: 2}\n", ["a.b: appears twice, in lines 2 and 3"]),
    "in JSON": ('{"a": 1,\n\t"a": 2}', ["a: appears twice, in lines 1 and 2"]),
    "beside a merge": ("a: &a {b: 1}\nc: {<<: *a, d: 2, d: 3}\n", ["c.d: appears twice, in line 2"]),
    "at every depth": (
        NESTED,
        [
            "experiments.min_cut.cases: appears twice, in lines 3 and 4",
            "experiments.min_cut.scales.smoke.cases: appears twice, in line 5",
            "experiments: appears twice, in lines 1 and 6",
        ],
    ),
    "a tab": ("experiments:\n\tmin_cut: {}\n", ["line 2: ", "no tabs"]),
    "a tab deep inside": ("experiments:\n  min_cut:\n\t\tcases: 3\n", ["line 3: ", "no tabs"]),
    "indentation": ("experiments:\n  min_cut:\n    cases: 3\n   largest: 4\n", ["line 4: ", "indented alike"]),
    "indented for no reason": ("scale: smoke\n  device: cpu\n", ["line 2: ", "indented alike"]),
    "no colon": ("scale: smoke\ndevice cpu\nlocal_data: null\n", ["line 3: ", "a colon"]),
    "no space": ("scale:smoke\n", ['is not a block, but "scale:smoke"', "keys at the top level"]),
    "an open bracket": ("scale: [smoke\n", ["line 2: ", "YAML"]),
    "an open quote": ('scale: "smoke\ndevice: cpu\n', ["line 3: ", "YAML"]),
    "an unknown anchor": ("scale: *mine\n", ["line 1: ", "undefined alias"]),
    "a tag": ("scale: smoke\ndevice: !!python/object:os.system x\n", ["line 2: ", "tag"]),
    "two documents": ("scale: smoke\n---\nscale: paper\n", ["line 2: ", "another document"]),
    "no day": ("scale: 2026-13-45\n", ["month must be in 1..12"]),
    "a list as a key": ("? [1, 2]\n: 3\n", ["line 1: ", "unhashable"]),
    "a control character": ("scale: smoke\ndevice: \x07\n", ["line 2: ", "special characters"]),
    "nothing": ("", ["is empty", "keys at the top level"]),
    "comments": ("# scale: smoke\n", ["is empty"]),
    "null": ("null\n", ["is empty"]),
    "a list": ("- scale\n- smoke\n", ['is not a block, but ["scale", "smoke"]']),
    "text": ("smoke", ['is not a block, but "smoke"']),
    "too deep": ("[" * 5000, ["too deeply"]),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", WRONG)
def test_files_that_are_refused(here, name):
    text, words = WRONG[name]
    (here / "mine.yaml").write_bytes(text.encode())
    lines = file_mistakes("mine.yaml")
    assert lines
    for line in lines:
        assert line.startswith("mine.yaml")
        assert len(line) <= 200
        assert "accepted: " in line
    assert all(any(word in line for line in lines) for word in words), lines
    with pytest.raises(ConfigError) as caught:
        read_config(here / "mine.yaml")
    assert str(caught.value) == lines[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "cp1252"])
def test_other_encodings_are_refused_by_line(here, encoding):
    (here / "mine.yaml").write_bytes("scale: smoke\n# größer\n".encode(encoding))
    (line,) = file_mistakes("mine.yaml")
    assert line.startswith(f"mine.yaml, line {1 if 'utf' in encoding else 2}: isn't UTF-8")


def test_files_that_are_none(here):
    (here / "folder").mkdir()
    assert file_mistakes("none.yaml") == ["none.yaml: no such file or directory; accepted: a file of YAML or JSON"]
    assert file_mistakes("folder")[0].startswith("folder: is a directory")


RIGHT = {
    "a byte order mark": "\ufeffscale: smoke\n",
    "merges and anchors": "a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, x: 4}\nd: {<<: *a, <<: *b}\n",
    "an alias of a list": "a: &a [{b: 1}]\nc: *a\nd: {b: 2}\n",
    "1 and its text": "a: {1: x, '1': y}\n",
    "JSON": json.dumps({"scale": "smoke", "rate": 1e-3}, indent="\t"),
    "YAML's own numbers": "rate: 1.0e-3\nyes: no\n",
}


@pytest.mark.parametrize("name", RIGHT)
def test_files_that_are_read(here, name):
    (here / "mine.yaml").write_bytes(RIGHT[name].encode())
    assert file_mistakes("mine.yaml") == []
    text = RIGHT[name].removeprefix("\ufeff")
    assert read_config("mine.yaml") == (json.loads(text) if name == "JSON" else yaml.safe_load(text))


TYPED = {
    "16": 16, "-3": -3, "+4": 4, "007": 7, "0.5": 0.5, ".5": 0.5, "3.": 3.0, "1e-3": 1e-3, "1.0E5": 1e5, "true": True,
    "False": False, "null": None, "None": None, "~": None,
}  # fmt: skip
WORDS = ["smoke", "4-2-1", "wide-base", "1.2.3", "e5", "nan", "inf", "", "-", ".", "1_000", "0x10", "yes", "9" * 5000]


def test_numbers_in_config_options():
    for text, value in TYPED.items():
        found = typed({"a": [text, {"b": text}]})["a"]
        assert [found[0], found[1]["b"]] == [value, value]
        assert type(found[0]) is type(value)
    assert typed(WORDS) == WORDS
    assert typed({"16": 16, "widths": [1.5, None]}) == {"16": 16, "widths": [1.5, None]}


ARGUMENTS = {
    "--config scale=smoke min_cut": '--config: "min_cut"; accepted: KEY=VALUE; targets go before --config',
    "-C scale=smoke results/x.csv": '--config: "results/x.csv"',
    "--config s=1": '--config: "s" is not a key',
    "--config 1st=1": '--config: "1st" is not a key',
    "--config scale=smoke --config device=cpu": "--config: appears twice",
    "--configfile none.yaml": "--configfile: none.yaml: no such file",
    "--configfile mine.yaml min_cut": "--configfile: min_cut: no such file; targets go before",
    "--configfiles wrong.yaml --config scale=smoke": "wrong.yaml, line 2: ",
    "--configfile mine.yaml --configfile mine.yaml": "--configfile: appears twice",
    "--set-threads train=2 min_cut": '--set-threads: "min_cut"; accepted: RULE=NUMBER',
    "--resources mem_mb=100 min_cut": "--resources: ",
    "--res x": "--resources: ",
    "--default-resources x": "--default-resources: ",
    "--set-resources train:gpu=1 x": "--set-resources: ",
    "--groups x": "--groups: ",
    "--group-components x": "--group-components: ",
}


@pytest.mark.parametrize("words", ARGUMENTS)
def test_options_that_end_snakemake_in_a_traceback(here, words):
    (here / "mine.yaml").write_text("scale: smoke\n")
    (here / "wrong.yaml").write_text("scale: smoke\n  device: cpu\n")
    (line, *more) = argument_mistakes(words.split())
    assert line.startswith(ARGUMENTS[words])
    assert len(line) <= 200
    assert not more


def test_options_that_are_right(here):
    (here / "mine.yaml").write_text("scale: smoke\n")
    for words in (
        "",
        "min_cut -n --cores 2 -C scale=smoke local_data=",
        "min_cut --configfile mine.yaml --config a_=1",
    ):
        assert argument_mistakes(words.split()) == []
    assert argument_mistakes(["--config", "experiments={a: {b: 1}}", "--set-threads", "train=2", "-n"]) == []
    (here / "config.yaml").write_text("scale: smoke\nscale: paper\n")
    assert argument_mistakes([]) == ["config.yaml: scale: appears twice, in lines 1 and 2; accepted: every key once"]


def test_why_snakemake_refused_to_plan():
    notice = "Using workflow specific profile x for setting default command line arguments.\n"
    assert refusal("scale: wrong\ndevice: wrong\n", "") == ["scale: wrong", "device: wrong"]
    error = "KeyError in file Snakefile, line 3:\n'device'\n"
    assert refusal(notice, f"host: vm\nBuilding DAG of jobs...\n{error}") == error.splitlines()
    assert refusal("Traceback (most recent call last):\n  File x\nValueError: what\n") == ["ValueError: what"]
    assert refusal("", "") == ["snakemake failed and said nothing"]


CONFIG = read_config(Path(__file__).parents[2] / "config.yaml")
# lists whose entries stand for places, or must be so many or ascend
PLACES = {
    "architecture_advice.distances",
    "architecture_advice.sizes",
    "min_cut.drawn_windows",
    "min_cut.drawn_widths",
    "overlaps.families.#.sites",
    "overlaps.squares.bounded",
    "depth_channels.trained.#.widths",
    "depth_channels.trained.#.widths.#",
    "recurrent_memory.growth.#.steps",
    "target_entropy.images.#",
    "target_entropy.block_image",
    "target_entropy.subset_images.#",
}


def lists(value, place=()):
    """Every list of a block with its place, but for those of its scales."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from lists(inner, (*place, key)) if key != "scales" else ()
    elif isinstance(value, list) and value:
        yield place, value
        for number, inner in enumerate(value):
            yield from lists(inner, (*place, number))


@pytest.mark.parametrize("name", CONFIG["experiments"])
def test_what_stands_twice_in_a_list_is_refused_by_name(name):
    """Its rows would count twice: in means over seeds, in their intervals, in numbers of cases."""
    for place, entries in lists(CONFIG["experiments"][name]):
        block = copy.deepcopy(CONFIG["experiments"][name])
        inner = block
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = [entries[-1], *entries]
        told = config_mistakes({**CONFIG, "experiments": {name: block}})
        key = f"experiments.{name}.{'.'.join(map(str, place))}"
        places = (
            place[-1] == "betas"
            or ".".join([name, *("#" if isinstance(part, int) else part for part in place)]) in PLACES
        )
        assert places or any(line.startswith(f"{key}: ") and "appears twice" in line for line in told)
        assert all(len(line) <= 200 for line in told)
    assert not config_mistakes({**CONFIG, "experiments": {name: CONFIG["experiments"][name]}})
