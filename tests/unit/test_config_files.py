"""Config files as users write them: told with their lines, layered as one expects, checked before Snakemake starts."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from convac.planning.arguments import argument_mistakes
from convac.planning.config import block_at, blocks, config_mistakes, hidden_blocks, written_blocks
from convac.planning.config_files import file_mistakes, read_config, typed
from convac.planning.plan import Plan

ROOT = Path(__file__).parents[2]
LAYERS: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def with_experiments(**changes: Any) -> dict[str, Any]:
    """The default config with other or further blocks."""
    return {**LAYERS, "experiments": {**LAYERS["experiments"], **changes}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("scale: smoke\nscale: paper\n", "scale: appears twice, in lines 1 and 2; accepted: every key once"),
        ("a:\n  b: {c: 1,\n    c: 2}\n", "a.b.c: appears twice, in lines 2 and 3; accepted: every key once"),
        ("- {x: 1, x: 2}\n", "x: appears twice, in line 1; accepted: every key once"),
        ('{"scale": "smoke", "scale": "paper"}', "scale: appears twice, in line 1; accepted: every key once"),
        ("", "is empty; accepted: keys at the top level, such as `scale: smoke`"),
        ("[1, 2]\n", "is not a block, but [1, 2]; accepted: keys at the top level, such as `scale: smoke`"),
    ],
)
def test_keys_once_in_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(text, encoding="utf-8")
    assert file_mistakes("mine.yaml") == [f"mine.yaml: {line}"]


@pytest.mark.parametrize(
    ("content", "number", "word"),
    [
        (b"a: 1\nb:\n  c: 1\n   d: 2\n", 4, "indented alike"),
        (b"a: 1\n\tb: 2\n", 2, "spaces, no tabs"),
        (b"a: 1\nb: [1, 2\nc: 3\n", 3, "accepted"),
        (b"a: 1\nb: \xff\n", 2, "UTF-8"),
    ],
)
def test_unreadable_files_name_the_line(tmp_path: Path, content: bytes, number: int, word: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    [line] = file_mistakes(path)
    assert f", line {number}: " in line
    assert word in line
    assert len(line) <= 200


def test_what_yaml_offers_still_works(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\nagain: *b\n", encoding="utf-8-sig")
    assert read_config(path) == {"base": {"x": 1, "y": 2}, "more": {"x": 1, "y": 3}, "again": {"x": 1, "y": 2}}
    path.write_text('{\n\t"scale": "smoke"\n}', encoding="utf-8")
    assert read_config(path) == {"scale": "smoke"}


def test_numbers_of_the_command_line() -> None:
    given = {"experiments": {"a": {"widths": ["16", "32"], "rate": "1e-3", "on": "true", "none": "null", "name": "1x"}}}
    assert typed(given)["experiments"]["a"] == {
        "widths": [16, 32],
        "rate": 0.001,
        "on": True,
        "none": None,
        "name": "1x",
    }


def test_a_default_config_without_its_defaults_plans() -> None:
    plan = Plan({"experiments": LAYERS["experiments"]})
    assert (plan.config.scale, plan.config.device, plan.config.local_data) == ("laptop", "auto", None)
    assert plan.jobs("smoke", "recurrent_memory")


@pytest.mark.parametrize("text", ["scale: smoke\na: &a\n  b: {c: *a}\n", "scale: smoke\na: &a [1, [*a]]\n"])
def test_a_block_that_holds_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(text, encoding="utf-8")
    [line] = file_mistakes("mine.yaml")
    assert re.fullmatch(r"mine.yaml, line [23]: an anchor's block holds itself; accepted: plain YAML values", line)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_a_variants_own_key_wins_at_every_scale(scale: str) -> None:
    raw = with_experiments(wide={"study": "pooling_geometry", "widths": [5, 7]})
    assert config_mistakes(raw) == []
    assert list(blocks(raw)[scale, "wide"][1].widths) == [5, 7]  # type: ignore[attr-defined]
    own = blocks(raw)[scale, "pooling_geometry"][1]
    assert blocks(LAYERS)[scale, "pooling_geometry"][1] == own


def test_what_a_variant_says_of_a_scale_wins_over_all() -> None:
    written: Mapping[str, Mapping[str, Any]] = {
        "study": {"a": 1, "b": {"x": 1, "y": 1}, "scales": {"smoke": {"a": 2, "b": {"x": 2}}}},
        "variant": {"study": "study", "a": 3, "b": {"y": 3}, "scales": {"smoke": {"a": 4}}},
    }
    assert block_at("variant", written, "smoke") == {"study": "study", "a": 4, "b": {"x": 2, "y": 3}}
    assert block_at("variant", written, "paper") == {"study": "study", "a": 3, "b": {"x": 1, "y": 3}}
    assert block_at("variant", written, None) == {"study": "study", "a": 3, "b": {"x": 1, "y": 3}}


def test_null_leaves_an_experiment_out_and_not_its_variants() -> None:
    changes = {"experiments": {"pooling_geometry": None, "wide": {"study": "pooling_geometry", "widths": [5]}}}
    raw = with_experiments(**changes["experiments"])
    hidden = hidden_blocks([LAYERS, changes])
    assert config_mistakes(raw, hidden) == []
    names, _ = written_blocks(raw["experiments"], hidden)
    assert "pooling_geometry" not in names
    assert Plan(raw, hidden).jobs("smoke", "wide")
    assert config_mistakes(with_experiments(polling_geometry=None))[0].startswith("experiments.polling_geometry: null")
    assert "at least one block" in config_mistakes({"experiments": {"min_cut": None}})[0]


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ({"widths": [16]}, "a variant names its study"),
        ({"stduy": "min_cut"}, "did you mean study?"),
        ({"study": "min_cutt"}, "did you mean min_cut?"),
        ({"cases": 3, "loop_cases": 2}, "study: min_cut"),
    ],
)
def test_a_forgotten_study_is_suggested(block: dict[str, Any], word: str) -> None:
    [line] = config_mistakes(with_experiments(mine=block))
    assert line.startswith("experiments.mine")
    assert word in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--config scale=smoke min_cut", '--config: "min_cut"; accepted: KEY=VALUE; targets go before --config'),
        ("--configfile none.yaml", "--configfile: none.yaml: no such file; targets go before --configfile"),
        ("--set-threads train", '--set-threads: "train"; accepted: RULE=NUMBER; targets go before --set-threads'),
        (
            "--config scale=smoke --config device=cpu",
            "--config: appears twice, and Snakemake uses only the last; accepted: once, with all entries after it",
        ),
    ],
)
def test_options_are_checked_before_snakemake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert argument_mistakes(words.split()) == [line]


def test_right_options_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("scale: smoke\n", encoding="utf-8")
    words = "min_cut overlaps --cores 2 -n --configfile mine.yaml --config scale=smoke device=cpu --quiet rules"
    assert argument_mistakes(words.split()) == []
