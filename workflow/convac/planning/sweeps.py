"""Sweeps: from `key=value,value` to variants of an experiment, one for every combination of values."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from convac.errors import ArgumentError, ConfigError
from convac.experiments.discovery import studies, study_module
from convac.planning.config import block_at, block_mistakes, meant, merged
from convac.planning.config_files import typed
from convac.specs.parsing import parse, plain, shown
from convac.specs.run import RunSpec

LONGEST = 60  # of an experiment's name
MOST = 200  # variants; a slip of the pen makes more


@dataclass(frozen=True)
class Sweep:
    """An experiment's variants.

    Attributes:
        study: the experiment.
        swept: keys with several values; at least one.
        points: by the name of a variant, its value of every swept key.
        blocks: by the same name, what its block says.
    """

    study: str
    swept: tuple[str, ...]
    points: dict[str, dict[str, Any]]
    blocks: dict[str, dict[str, Any]]

    @property
    def name(self) -> str:
        """Experiment and swept keys, `pooling_geometry-widths`."""
        return "-".join((self.study, *self.swept))

    def trains(self, experiments: Mapping[str, Any], scale: str) -> bool:
        """Whether the variants have networks to train at a scale; `experiments`: blocks as the config writes them."""
        module = study_module(self.study)
        written = {**plain(experiments), **self.blocks}
        made = (parse(module.Block, block_at(name, written, scale), name) for name in self.blocks)
        return any(isinstance(cell.spec, RunSpec) for block in made for cell in module.cells(block))

    def text(self) -> str:
        """The variants as a config file."""
        # plain data shares no parts, which YAML would write as references
        blocks = {"experiments": plain(self.blocks)}
        written: str = yaml.safe_dump(blocks, sort_keys=False, default_flow_style=None, width=100)
        return f"# variants of {self.study}, by `convac sweep`\n{written}"


def sweep_of(study: str, assignments: Sequence[str], experiments: Mapping[str, Any]) -> Sweep:
    """The variants of an experiment with every combination of the values that its keys are given.

    Args:
        study: the experiment's name.
        assignments: each `key=value,value`; a part of a block is `block.key`, and a list stands in brackets.
        experiments: blocks as the config writes them.

    Raises:
        ArgumentError: an assignment is none, or the experiment is unknown.
        ConfigError: a key isn't one of the experiment's, or doesn't accept a value.
    """
    if study not in studies():
        raise ArgumentError(f"experiment: {shown(study)} is unknown; {meant(study, studies())}")
    given = assigned(assignments)
    blocks = {name: block for name, block in plain(experiments).items() if isinstance(block, Mapping)}
    accepted = {key: [fitting(study, key, value, blocks) for value in values] for key, values in given.items()}
    swept = tuple(key for key, values in given.items() if len(values) > 1)
    if not swept:
        raise ArgumentError(f"{assignments[0]}: is one value; accepted: several of at least one key, KEY=VALUE,VALUE")
    places = [range(len(values)) for values in given.values()]
    combinations = [dict(zip(given, place, strict=True)) for place in itertools.product(*places)]
    if len(combinations) > MOST:
        raise ArgumentError(f"{len(combinations)} combinations of values; accepted: at most {MOST}")
    points: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    for number, chosen in enumerate(combinations):
        point = {key: given[key][chosen[key]] for key in swept}
        name = variant_name(study, point, number, found)
        block: dict[str, Any] = {"study": study}
        for key, place in chosen.items():
            block = merged(block, nested(key, accepted[key][place]))
        points[name], found[name] = point, block
        if mistakes := block_mistakes(name, {**blocks, name: block}):
            raise ConfigError(mistakes[0])
    return Sweep(study, swept, points, found)


def assigned(assignments: Sequence[str]) -> dict[str, list[Any]]:
    """Values by key, as they are written.

    >>> assigned(["widths=8,16", "arithmetic.lr=1e-3", "profiles=[1,2],[2,1]"])
    {'widths': [8, 16], 'arithmetic.lr': [0.001], 'profiles': [[1, 2], [2, 1]]}
    """
    found: dict[str, list[Any]] = {}
    for text in assignments:
        key, equals, values = text.partition("=")
        if not re.fullmatch(r"[a-z]\w*(\.[a-z]\w*)*", key) or not equals or not values.strip():
            raise ArgumentError(f"{shown(text)}: is not an assignment; accepted: KEY=VALUE,VALUE, as in widths=8,16,32")
        if key in found:
            raise ArgumentError(f"{key}: appears twice; accepted: each key once, with all of its values")
        try:
            listed = typed(yaml.safe_load(f"[{values}]"))
        except yaml.YAMLError as error:
            raise ArgumentError(f"{shown(text)}: its values can't be read; accepted: KEY=VALUE,VALUE") from error
        if any(value is None for value in listed) or len({str(value) for value in listed}) < len(listed):
            raise ArgumentError(f"{shown(text)}: a value is empty or appears twice; accepted: each value once")
        found[key] = listed
    return found


def fitting(study: str, key: str, value: Any, blocks: Mapping[str, Mapping[str, Any]]) -> Any:
    """A value as the key takes it: as it is, or as a list of one where the key has a list.

    Raises:
        ConfigError: the key takes neither.
    """
    own = {**blocks, study: blocks.get(study, {})}
    if not (mistakes := mistakes_of(study, key, value, own)):
        return value
    default: Any = block_at(study, own, None)
    for part in key.split("."):
        default = default.get(part) if isinstance(default, Mapping) else None
    if isinstance(default, list) and not isinstance(value, list):
        mistakes = mistakes_of(study, key, [value], own)
        value = [value]
    if mistakes:
        raise ConfigError(mistakes[0])
    return value


def mistakes_of(study: str, key: str, value: Any, blocks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is wrong with an experiment's block once a key has a value, at every scale, as a variant lies over it."""
    name = f"{study}_swept"
    found = block_mistakes(name, {**blocks, name: {"study": study, **nested(key, value)}})
    return [line.replace(f"experiments.{name}", study, 1) for line in found]


def nested(key: str, value: Any) -> dict[str, Any]:
    """A key of a block in a block.

    >>> nested("arithmetic.lr", 0.1)
    {'arithmetic': {'lr': 0.1}}
    """
    first, _, rest = key.partition(".")
    return {first: nested(rest, value) if rest else value}


def variant_name(study: str, point: Mapping[str, Any], number: int, taken: Mapping[str, Any]) -> str:
    """A variant's name: the experiment, keys and values; by number where that is too long, or taken.

    >>> variant_name("min_cut", {"draw.sizes": [4, 8]}, 0, {}), variant_name("min_cut", {"n": 1}, 7, {"min_cut_n_1": 0})
    ('min_cut_draw_sizes_4_8', 'min_cut_sweep_7')
    """
    words = "_".join((study, *(f"{key}_{value}" for key, value in point.items())))
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return name if len(name) <= LONGEST and name not in taken else f"{study}_sweep_{number}"
