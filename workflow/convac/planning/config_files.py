"""Config files as they are written: YAML or JSON in UTF-8, every key once; a mistake is told with its line.

Snakemake takes the last of two equal keys without a word, and names no line of a file that it can't read.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from convac.errors import ConfigError, one_line
from convac.specs.parsing import shown

MERGE = "tag:yaml.org,2002:merge"  # of the key `<<`, which may stand twice: nothing is lost
WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "none": None, "~": None}
LONGEST = 30  # of a number or word in `--config`
INTEGER = re.compile(r"[-+]?\d+")
REAL = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


def read_config(path: str | Path) -> dict[str, Any]:
    """The top level of a config file.

    Raises:
        ConfigError: the first of `file_mistakes`.
    """
    if mistakes := file_mistakes(path):
        raise ConfigError(mistakes[0])
    text = config_text(path)
    found: dict[str, Any] = json.loads(text) if is_json(text) else yaml.safe_load(text)
    return found


def file_mistakes(path: str | Path) -> list[str]:
    """What is wrong with a config file, a line of at most 200 characters each, with the line in the file."""
    name = shown_path(path)
    try:
        text = config_text(path)
        value, repeated = loaded(text)
    except ConfigError as error:
        return [one_line(f"{name}{error}")]
    if not repeated and not isinstance(value, Mapping):
        kind = "is empty" if value is None else f"is not a block, but {shown(value)}"
        repeated = [f"{kind}; accepted: keys at the top level, such as `scale: smoke`"]
    return [one_line(f"{name}: {line}") for line in repeated]


def config_text(path: str | Path) -> str:
    """The text of a config file; raises ConfigError, without the file's name."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f", line {line}: isn't UTF-8; accepted: text in UTF-8") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f": {reason}; accepted: a file of YAML or JSON") from error


def loaded(text: str) -> tuple[Any, list[str]]:
    """The value of a text, and a line for every repeated key; raises ConfigError, without the file's name."""
    # JSON may be indented by tabs, which YAML doesn't take; inside its strings no tab can stand
    try:
        loader = yaml.SafeLoader(text.replace("\t", " ") if is_json(text) else text)
        node = loader.get_single_node()
        repeated = list(repeated_keys(node))  # before merges (`<<`) write keys into the blocks
        return (loader.construct_document(node) if node else None), repeated
    except yaml.MarkedYAMLError as error:
        raise ConfigError(marked(error, text)) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise ConfigError(f", line {line}: {error.reason}; accepted: text that can be shown") from error
    except RecursionError as error:
        raise ConfigError(": is nested too deeply; accepted: plain YAML values") from error
    except (ValueError, TypeError) as error:  # a date such as 2026-13-01
        raise ConfigError(f": {error}; accepted: plain YAML values") from error


def shown_path(path: str | Path) -> str:
    """The path as a user would write it: from here, where it lies below."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near


def is_json(text: str) -> bool:
    """Whether the text is JSON, which Snakemake tries first."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def marked(error: yaml.MarkedYAMLError, text: str) -> str:
    """A mistake in YAML: its line, what is wrong there, and the usual reason."""
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    written = [*text.splitlines(), ""][number]
    problem = error.problem or error.context or "isn't valid YAML"
    accepted = "YAML"
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in problem:
        accepted = "indentation by spaces, no tabs"
    elif "<block end>" in problem or "mapping values" in problem or "':'" in problem:
        accepted = "keys of one block indented alike, a colon and a space after each"
    return f", line {number + 1}: {problem}; accepted: {accepted}"


def repeated_keys(node: yaml.Node | None) -> Iterator[str]:
    """A line for every key that appears twice in one block, with its lines in the file.

    Raises:
        ConfigError: an anchor's block holds itself; without the file's name.
    """
    seen: set[int] = set()

    def walked(node: yaml.Node | None, place: tuple[str, ...], above: frozenset[int]) -> Iterator[str]:
        if node is not None and id(node) in above:
            line = node.start_mark.line + 1
            raise ConfigError(f", line {line}: an anchor's block holds itself; accepted: plain YAML values")
        if node is None or id(node) in seen:  # an anchor's block is met again by its aliases
            return
        seen.add(id(node))
        above |= {id(node)}
        if isinstance(node, yaml.SequenceNode):
            for part in node.value:
                yield from walked(part, place, above)
        if not isinstance(node, yaml.MappingNode):
            return
        lines: dict[tuple[str, str], int] = {}
        for key, part in node.value:
            path = (*place, str(key.value))
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                line = key.start_mark.line + 1
                if before := lines.get((key.tag, key.value)):
                    where = f"lines {before} and {line}" if before != line else f"line {line}"
                    yield f"{'.'.join(path)}: appears twice, in {where}; accepted: every key once"
                lines[key.tag, key.value] = line
            yield from walked(part, path, above)

    return walked(node, (), frozenset())


def typed(value: Any) -> Any:
    """What `--config` gives, with numbers, booleans and null instead of their text inside lists and blocks.

    Snakemake reads an option's nested values as text, whatever they are.

    >>> typed({"widths": ["16", "1e-3"], "shallow": "false", "tasks": ["symmetry"]})
    {'widths': [16, 0.001], 'shallow': False, 'tasks': ['symmetry']}
    """
    if isinstance(value, Mapping):
        return {key: typed(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [typed(part) for part in value]
    if not isinstance(value, str) or len(value) > LONGEST:
        return value
    if INTEGER.fullmatch(value):
        return int(value)
    if REAL.fullmatch(value):
        return float(value)
    return WORDS.get(value.lower(), value)
