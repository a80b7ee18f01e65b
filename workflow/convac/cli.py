"""The command line: dispatch to one command, log its progress, turn a user's mistake into one line."""

import argparse
import codecs
import difflib
import gc
import importlib
import io
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from convac.errors import LIMIT, ConvacError, FileError, one_line
from convac.progress import LOG

COMMANDS = {
    "download": "fetch the original files of one image set",
    "images": "take images of your own as the originals of datasets",
    "dataset": "make one dataset from its spec",
    "train": "train every seed of one cell",
    "entanglement": "measure every trained network of a run",
    "advise": "choose a pooling tree and widths for labelled images, before training",
    "measure": "measure a circuit file or your own network",
    "theory": "compute one cell of a theory study",
    "collect": "collect cells into one tidy table",
    "claims": "judge an experiment's claims by its table",
    "ledger": "gather the verdicts of all experiments",
    "explain": "explain a claim: statement, rows, seeds, interval, verdict",
    "figure": "run an experiment's notebook",
    "sweep": "run an experiment over values of its keys: one table, one curve",
    "histories": "write histories of training as CSV or for TensorBoard",
    "explorer": "write an HTML page with charts of tables and cuts of any tree",
    "manifest": "write the manifest of a scale's results",
    "verify": "check results against their manifest",
    "check": "check config files and options before Snakemake",
    "plan": "show what would run: jobs, minutes, memory, disk",
    "progress": "show how far a run is: jobs done and left, minutes left",
    "probe": "measure what a scale needs: jobs, core- or GPU-hours, memory, disk",
    "shares": "show the fraction of the jobs' time that their loops took",
    "comparison": "compare a scale's results with the committed reference",
    "compare": "print the verdict of that comparison; with --exact, check that two runs are identical",
    "orphans": "list, await or cancel jobs that outlived their Snakemake",
    "reference": "make a scale's results the committed reference",
    "certify": "write certificates of the exact ranks, for an independent checker",
    "completion": "print a script by which bash or zsh completes commands and options",
    "generate": "write schema, data dictionary and tables of the documentation",
}

# Of the workflow. Sums in another order end in other digits: their numbers are those of one thread, whatever a profile,
# a scheduler or the user's environment sets.
JOBS = {"dataset", "train", "entanglement", "theory", "collect", "claims", "ledger", "figure", "explorer", "comparison"}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
ADVICE = "; delete it and rerun"
INTERRUPTED = 130  # exit status, as shells have it
WRONG = 2  # the same, of arguments
# what argparse says of a value that isn't of an option's type or none of its choices
UNFIT = re.compile(r"invalid (int|float) value: (.*)", re.DOTALL)
UNKNOWN = re.compile(r"invalid choice: (.*) \(choose from (.*)\)", re.DOTALL)
TYPES = {"int": "an integer", "float": "a number"}
NEGATIVE = re.compile(r"-[\d.][-+\d.eE, ]*")  # numbers and lists of them, which are no option: -1,1
# what a terminal that isn't UTF-8 shows in place of some characters; others by their code
PLAIN = {"…": "...", "–": "-", "—": "-", "−": "-", "≥": ">=", "≤": "<=", "×": "x", "≈": "~", "→": "->", "∞": "inf"}


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one line, and where more is told; argparse would print all options before it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._negative_number_matcher = NEGATIVE  # argparse's own knows single numbers alone

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with 2."""
        more = f"; see {self.prog} --help"
        self.exit(WRONG, one_line(f"{self.prog}: {worded(message)}", LIMIT - len(more)) + more + "\n")


def worded(message: str) -> str:
    """A message of argparse in the words of all others.

    >>> worded("argument --replica: invalid int value: '1e3'")
    "--replica: '1e3' is not accepted; accepted: an integer"
    >>> worded("argument shell: invalid choice: 'fish' (choose from 'bash', 'zsh')")
    'shell: fish is not accepted; accepted: bash, zsh'
    """
    text = re.sub(r"^argument ", "", message)
    text = UNFIT.sub(lambda found: f"{found[2]} is not accepted; accepted: {TYPES[found[1]]}", text)
    return UNKNOWN.sub(lambda found: f"{found[1]} is not accepted; accepted: {found[2]}".replace("'", ""), text)


def main(arguments: list[str] | None = None) -> None:
    """Run one command; exits with one line and 1 on a user's mistake, 2 on wrong arguments, 130 when interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    print_anywhere()
    try:
        dispatch(given)
    except KeyboardInterrupt:
        if LOG.handlers or "CONVAC_WORKFLOW" not in os.environ:  # Snakemake says it, once for all of its jobs
            LOG.error("interrupted")
        sys.exit(INTERRUPTED)


def print_anywhere() -> None:
    """Let the screen, whatever its encoding, take every character: what it can't show is written otherwise."""
    codecs.register_error("convac.plain", in_plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="convac.plain")


def in_plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks, in ASCII, and where to go on.

    >>> in_plain(UnicodeEncodeError("ascii", "1 ≥ χ", 2, 5, ""))
    ('>= \\\\u03c7', 5)
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(each, each.encode("ascii", "backslashreplace").decode()) for each in lacking), error.end


def dispatch(given: list[str]) -> None:
    """Run the command that the arguments name."""
    command = command_of(given)
    try:
        run_command(command, given[1:])
    except ModuleNotFoundError as error:
        if not lacking(error):
            raise
        sys.exit(one_line(f"convac {command}: {lacking(error)}", LIMIT))


def run_command(command: str, words: list[str]) -> None:
    """Run a command on its arguments."""
    if command in JOBS:
        os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy and torch read them
    module = imported(command)
    parser = Parser(f"convac {command}", description=module.__doc__)
    parser.add_argument("--log", help="file that log lines go to")
    module.add_arguments(parser)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        parser.error(unrecognised(unknown, parser, "rest" in options))
    try:
        start_log(options.log)
        if options.log and "CONVAC_WORKFLOW" in os.environ:
            announce(options.log)
        module.run(options)
    except ConvacError as error:
        advice = advised(error)
        LOG.error("%s%s", error, advice)
        sys.exit(one_line(f"convac {command}: {error}", LIMIT - len(advice)) + advice if options.log else 1)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        LOG.error("%s%s", name, error.strerror or error)
        sys.exit(one_line(f"convac {command}: {name}{error.strerror or error}") if options.log else 1)
    except Exception as error:
        if not options.log or lacking(error):
            raise
        LOG.error("%s", traceback.format_exc())
        sys.exit(one_line(f"convac {command}: {type(error).__name__}: {error}; traceback in {options.log}"))


def command_of(given: list[str]) -> str:
    """The command that the arguments name; prints the overview where help is asked for."""
    overview = Parser(
        "convac",
        epilog="\n".join(f"  {name:13} {text}" for name, text in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="What dependencies a convolutional network can model. `convac COMMAND --help` tells more.",
    )
    overview.add_argument("command", nargs="?", metavar="COMMAND")
    overview.add_argument("--version", action="store_true", help="print version and commit, and exit")
    chosen = overview.parse_args(given[:1])
    if chosen.version:
        print(version_line())
        sys.exit()
    command: str | None = chosen.command
    if command is None:
        overview.error("the command is missing")
    if command not in COMMANDS:
        overview.error(f"{command!r} is not a command{meant(command, COMMANDS)}")
    return command


def version_line() -> str:
    """The library's version and, of a checkout, its commit: between two tags many commits have one version."""
    from convac.provenance import checkout, version

    found = checkout()
    changed = ", changed" if found["dirty"] else ""
    return f"convac {version()}" + (f" (commit {str(found['commit'])[:10]}{changed})" if found["commit"] else "")


def lacking(error: Exception) -> str:
    """What to say of a package that isn't installed, and by which extra it is; empty for any other error.

    >>> lacking(ModuleNotFoundError("No module named 'yaml'", name="yaml"))
    "yaml isn't installed; accepted: an environment with it, by pip install 'convac[workflow]'"
    >>> lacking(ModuleNotFoundError("No module named 'convac.x'", name="convac.x")), lacking(KeyError("yaml"))
    ('', '')
    """
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package in {"", "convac"}:
        return ""
    return f"{package} isn't installed; accepted: an environment with it, by pip install 'convac[workflow]'"


def unrecognised(words: list[str], parser: argparse.ArgumentParser, passed_on: bool) -> str:
    """What to say of words that a command doesn't take; `passed_on`: it has words for Snakemake."""
    if passed_on:
        return f"unrecognized arguments: {' '.join(words)}; Snakemake's arguments go after --"
    options = [option for action in parser._actions for option in action.option_strings]
    return f"unrecognized arguments: {' '.join(words)}{meant(words[0].partition('=')[0], options)}"


def meant(word: str, known: Iterable[str]) -> str:
    """A hint at what may have been meant; empty where nothing known is alike."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def advised(error: ConvacError) -> str:
    """What a job of the workflow adds to an error: that a damaged file may be deleted, where Snakemake makes it again.

    Nobody else is told so: a file that a user made is gone when it is deleted.
    """
    if isinstance(error, FileError) and error.damaged and "CONVAC_WORKFLOW" in os.environ:
        from convac.planning.paths import made_again

        return ADVICE if made_again(error.damaged) else ""
    return ""


def imported(command: str) -> ModuleType:
    """The module of a command.

    Libraries make half a million objects that stay; the collector would look through them again and again, for as long
    as it takes to import them. It is off meanwhile, and passes over them later; as the caller had it off, it stays so.
    """
    if not gc.isenabled():
        return importlib.import_module(f"convac.commands.{command}")
    gc.disable()
    try:
        module = importlib.import_module(f"convac.commands.{command}")
        gc.freeze()
    finally:
        gc.enable()
    return module


def announce(log: str) -> None:
    """Say on the screen that jobs of a workflow share which one starts, and how much is left."""
    from convac.planning import workload

    if line := workload.line(log):
        print(line, file=sys.stderr)


def start_log(path: str | None) -> None:
    """Send log lines to the file, or to the terminal without one."""
    # a full disk takes no line; that is no reason to stop, nor to print a traceback: the results' own writes tell it
    logging.raiseExceptions = False
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = (
        logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")
        if path
        else logging.StreamHandler()
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s" if path else "convac: %(message)s", "%H:%M:%S"))
    for before in LOG.handlers:
        before.close()
    LOG.handlers = [handler]
    LOG.setLevel(logging.INFO)
