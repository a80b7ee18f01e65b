"""Configs with a mistake: refused in lines that name the key and what is accepted, or planned; never a traceback."""

import itertools

import pytest
import yaml
from clones import ROOT, Clone, assert_told
from mutants import Mutant, mutants

from convac.errors import ConfigError
from convac.planning.config import SCALES, config_mistakes
from convac.planning.place import place_mistakes
from convac.planning.plan import Plan
from convac.seeds import stream

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
IN_PROCESS = 40  # mutants of each experiment in the short form
ROUNDS = 2  # dry runs with a mistake in every block
DRY_RUNS = 20  # with one mistake each, in the long form


def every_mutant(name: str) -> list[Mutant]:
    """All mutants of the config with one experiment alone."""
    return list(mutants({**CONFIG, "experiments": {name: CONFIG["experiments"][name]}}))


def some(found: list[Mutant], count: int, *words: str) -> list[Mutant]:
    """A sample, the same one in every run."""
    chosen = stream("config fuzz", *words).permutation(len(found))[:count]
    return [found[place] for place in sorted(chosen.tolist())]


def refusal(config: dict) -> list[str]:
    """What the Snakefile says of a config before any job; nothing when it is planned, at every scale."""
    if lines := config_mistakes(config) or place_mistakes((), config):
        return lines
    try:
        plan = Plan(config)
    except ConfigError as error:
        return [str(error)]
    for scale, name in itertools.product(SCALES, plan.experiments):
        assert plan.products(scale, name)
        assert plan.entries(scale, name)
        assert plan.everything(scale)
        for job in plan.jobs(scale, name):
            needs = plan.needs(*job)
            assert min(needs.mem_mb(), needs.runtime(), needs.disk_mb) > 0
    return []


def told_well(mutant: Mutant, lines: list[str]) -> bool:
    """Whether the lines are short, name the mutant's key or what stands beside it, and what is accepted."""
    assert all(len(line) <= 200 and len(line.splitlines()) == 1 for line in lines)
    heads = [line.split(": ")[0] for line in lines]
    near = any(head.startswith(mutant.key) or mutant.key.startswith(head) for head in heads)
    # keys that are right one by one but not together: the line names the other one
    block = ".".join(map(str, mutant.path[:2]))
    together = all(head.startswith(block) for head in heads)
    return (near or together) and all(
        any(word in line for word in ("accepted: ", "did you mean ", "write ", "…")) for line in lines
    )


@pytest.mark.parametrize("name", CONFIG["experiments"])
def test_every_mistake_is_told_in_lines_or_planned(name, long):
    found = every_mutant(name)
    chosen = found if long else some(found, IN_PROCESS, name)
    refused = 0
    for mutant in chosen:
        lines = refusal(mutant.config)
        assert told_well(mutant, lines), (mutant.path, mutant.change, lines)
        refused += bool(lines)
    assert len(chosen) / 2 < refused < len(chosen)


@pytest.mark.parametrize("name", ["Upper", "with-hyphen", "with space", "", "1st", "x" * 61, 7, None, True])
def test_names_that_no_experiment_can_have(name):
    (line,) = refusal({"scale": "smoke", "experiments": {name: {"study": "min_cut"}}})
    assert line.startswith("experiments")
    assert "accepted: string should " in line or "accepted: text" in line


def test_names_of_rules(fresh):
    name = "figure_recurrent_memory"
    fresh.configure({"experiments": {name: {"study": "recurrent_memory"}}})
    assert_told(fresh.snakemake("-n", ok=False), f"experiments.{name}: is the name of a rule; accepted: any other")


def assert_snakemake_says(clone: Clone, config: dict, lines: list[str]) -> None:
    """A dry run prints these lines and nothing else, or its plan when there is none."""
    (clone.path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    done = clone.run("snakemake", "-n", ok=not lines)
    assert "Traceback" not in done.stdout + done.stderr
    if lines:
        assert done.stderr.strip().splitlines() == lines
    else:
        assert "Job stats:" in done.stdout + done.stderr


def writable(name: str) -> list[Mutant]:
    """Mutants that YAML gives back as they were: bytes that no text holds aren't."""
    return [mutant for mutant in every_mutant(name) if "lines" not in mutant.change]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_snakemake_says_every_block_s_mistake_at_once(fresh, round_):
    blocks = {}
    for name in CONFIG["experiments"]:
        inside = [mutant for mutant in writable(name) if len(mutant.path) > 2]  # of keys in its block
        refused = (mutant for mutant in some(inside, 50, "rounds", name, str(round_)) if config_mistakes(mutant.config))
        blocks.update(next(refused).config["experiments"])
    lines = config_mistakes({**CONFIG, "experiments": blocks})
    assert len(lines) >= len(CONFIG["experiments"])
    assert_snakemake_says(fresh, {**CONFIG, "experiments": blocks}, lines)


@pytest.mark.long
@pytest.mark.parametrize("number", range(DRY_RUNS))
def test_snakemake_says_the_same(fresh, number):
    name = list(CONFIG["experiments"])[number % len(CONFIG["experiments"])]
    (mutant,) = some(writable(name), 1, name, str(number))
    assert_snakemake_says(fresh, mutant.config, refusal(mutant.config))
