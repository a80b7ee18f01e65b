"""Where the workflow runs, and what it was asked for there.

Results go to the working folder. Notebooks, the figures' style, the default config and the committed reference are the
checkout's, wherever that is; a config and a reference of the working folder come first.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from convac.errors import one_line
from convac.planning.paths import LEDGER, LEDGER_PAGE, made_again
from convac.provenance import LIBRARY
from convac.specs.parsing import shown
from convac.specs.results import RESULTS, filled

CHECKOUT = LIBRARY.resolve().parents[1]
# options of Snakemake with which it runs no job
LOOKS = (
    *("dryrun", "report", "reporter", "lint", "unlock", "dag", "rulegraph", "filegraph", "d3dag", "summary"),
    *("detailed_summary", "list_rules", "list_target_rules", "list_changes", "list_input_changes", "list_untracked"),
    *("list_params_changes", "list_conda_envs", "print_compilation", "archive", "export_cwl", "containerize"),
    *("generate_unit_tests", "deploy_sources", "conda_create_envs_only", "cleanup_metadata", "cleanup_shadow"),
)


def source(path: str) -> str:
    """A file of the checkout as seen from the working folder: relative, so that a rule's command can be pasted."""
    return os.path.relpath(CHECKOUT / path)


def of_library(path: str) -> str:
    """A file or folder of the library as seen from the working folder."""
    return os.path.relpath(LIBRARY.resolve() / path)


def importable(environment: Mapping[str, str]) -> str:
    """The PYTHONPATH of an environment with this library first, so that jobs import it, too.

    >>> importable({"PYTHONPATH": "mine"}).split(os.pathsep)[1:], os.pathsep in importable({})
    (['mine'], False)
    """
    others = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    return os.pathsep.join(dict.fromkeys([str(LIBRARY.resolve().parent), *others]))


def first_here(path: str) -> str:
    """A file or folder of the working folder, or where only the checkout has one of this name, the checkout's."""
    return source(path) if (CHECKOUT / path).exists() and not Path(path).exists() else path


def is_ours(snakefile: str) -> bool:
    """Whether a workflow's main Snakefile is one of this checkout, so that its targets and its handlers are ours."""
    return Path(snakefile).resolve() in {CHECKOUT / "Snakefile", CHECKOUT / "workflow/Snakefile"}


def snakemake_words(command: Sequence[str]) -> list[str]:
    """What Snakemake was given, if the command that runs is Snakemake's own; another program's words mean other things.

    >>> snakemake_words(["/usr/bin/snakemake", "all"]), snakemake_words(["/lib/snakemake/__main__.py", "-n"])
    (['all'], ['-n'])
    >>> snakemake_words(["/home/me/snakemake/drive.py", "--cores", "all"])
    []
    """
    program = Path(command[0] if command else "")
    own = program.name == "snakemake" or program.parts[-2:] == ("snakemake", "__main__.py")
    return list(command[1:]) if own else []


def plain_target(target: str) -> str:
    """A file that was asked for by any path, as rules name it.

    >>> plain_target("./results//smoke/claims.md"), plain_target(os.path.abspath("results/a"))
    ('results/smoke/claims.md', 'results/a')
    """
    lexical = os.path.relpath(target or ".")
    if lexical.startswith(f"{RESULTS}/"):
        return lexical
    inside = os.path.relpath(os.path.realpath(target), os.path.realpath(RESULTS))  # past links
    return lexical if inside == "." or inside.startswith("..") else f"{RESULTS}/{inside}"


def other_names(targets: Iterable[str]) -> dict[str, str]:
    """Targets that Snakemake, which makes paths relative but follows no links, wouldn't know; and their plain names."""
    found = {target: plain_target(target) for target in targets}
    return {
        target: plain
        for target, plain in found.items()
        if plain.startswith(f"{RESULTS}/") and (os.path.isabs(target) or os.path.relpath(target) != plain)
    }


def place_mistakes(targets: Collection[str], raw: Mapping[str, Any], hosted: bool = False) -> list[str]:
    """What is wrong with the place or with what was asked for: folders, notebooks, targets.

    Args:
        targets: that Snakemake was asked for.
        raw: the config.
        hosted: whether the workflow's files are those of a repository elsewhere, not of a checkout.
    """
    experiments = raw["experiments"]
    if Path(RESULTS).exists() and not Path(RESULTS).is_dir():
        return [f"{RESULTS}: is a file; accepted: a folder, or nothing, which is made"]
    if not os.access(".", os.W_OK):
        return ["this folder can't be written; accepted: one that takes files: Snakemake keeps its records there"]
    local = raw.get("local_data")
    # by os.path, which, unlike pathlib, takes any text
    if local is not None and not os.path.isdir(place := os.path.expandvars(os.path.expanduser(local))):
        accepted = "a folder with the files of image sets, or null: they are downloaded"
        other = f", which is {shown(place)}" if place != local else ""
        return [one_line(f"local_data: {shown(local)}{other}: no such folder; accepted: {accepted}")]
    present = {name: block for name, block in experiments.items() if block is not None}
    notebooks = [source(f"notebooks/{block.get('study', name)}.ipynb") for name, block in present.items()]
    absent = [path for path in notebooks if not hosted and not Path(path).is_file()]
    missing = [f"{path}: no such file; every experiment has its notebook" for path in absent]
    return missing + target_mistakes(targets, ["all", "redraw", *present])


def target_mistakes(targets: Iterable[str], known: Sequence[str]) -> list[str]:
    """Targets that no rule makes, a line each: neither rules, of which `known` are meant for users, nor results."""
    found = []
    for target in targets:
        plain = plain_target(target)
        if target in known or (os.path.isfile(target) and plain.startswith(f"{RESULTS}/")):
            continue
        if not plain.startswith(f"{RESULTS}/"):
            found.append(f"{target}: unknown target; accepted: {', '.join(known)}, or a file of {RESULTS}/")
        elif not made_again(plain):
            fault = "is a folder" if os.path.isdir(target) else "no rule makes it"
            found.append(f"{target}: {fault}; accepted: a file such as {RESULTS}/smoke/figures/EXPERIMENT.png")
    return [one_line(line) for line in found]


def looks(options: Any) -> bool:
    """Whether Snakemake, by its parsed options, shows something and runs no job."""
    return any(getattr(options, name, None) for name in LOOKS)


def to_see(scale: str) -> str:
    """Where to look after a run: what there is of figures, verdicts and the way to a page with both.

    A ledger that is older than verdicts that it gathers isn't named: `outdated` tells of it.
    """
    places = [f"{RESULTS}/{scale}/{name}" for name in ("figures", "claims" if outdated(scale) else "claims.md")]
    found = [path for path in places if Path(path).exists()]
    whole = len(found) == len(places) and not outdated(scale)
    return "; ".join([*found, "`make report`: one page with all"] if whole else found)


def outdated(scale: str) -> str:
    """What the ledger of a scale doesn't have: verdicts that are newer than it, as after a run of one experiment."""
    ledger = Path(filled(LEDGER, scale=scale))
    if not ledger.is_file():
        return ""
    newer = [path.stem for path in sorted(ledger.parent.glob("claims/*.csv")) if modified(path) > modified(ledger)]
    if not newer:
        return ""
    names = ", ".join(newer[:3]) + (f" and {len(newer) - 3} more" if newer[3:] else "")
    return one_line(f"{ledger} is from an earlier run and lacks the new verdicts of {names}; a complete run renews it")


def modified(path: Path) -> int:
    """When a file was written, in nanoseconds."""
    return path.stat().st_mtime_ns


def finished_scales() -> list[str]:
    """Scales of which a run has ended here, the latest first."""
    ledgers = [path for path in Path(RESULTS).glob("*/claims.html") if path.parent.name != "reference"]
    return [path.parent.name for path in sorted(ledgers, key=lambda path: -path.stat().st_mtime)]


def report_mistakes(scale: str) -> list[str]:
    """Why there is no report of a scale: no run of it has ended here."""
    ended = finished_scales()
    if scale in ended:
        return []
    named = "a report after a whole run (`make`, `make smoke`), or of experiments: snakemake NAME --report report.html"
    accepted = f"--config scale={ended[0]}" if ended else named
    page = filled(LEDGER_PAGE, scale=scale)
    return [f"{page}: no such file: no run of this scale has ended here; accepted: {accepted}"]


def write_mistakes() -> list[str]:
    """Whether jobs can write their results; to look at results takes no right to write them."""
    if Path(RESULTS).exists() and not os.access(RESULTS, os.W_OK):
        return [f"{RESULTS}: can't be written; accepted: a folder that takes files"]
    return []
