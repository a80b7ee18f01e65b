"""What stops Snakemake before it reads the Snakefile, told beforehand in one line: it ends in a traceback there."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from convac.errors import one_line
from convac.planning.config_files import file_mistakes
from convac.specs.parsing import shown

DEFAULT = "config.yaml"
FILES = "--configfile"
# options of Snakemake that take a list of entries; a target after one passes for an entry
ENTRIES = {
    "--config": "KEY=VALUE",
    "--resources": "NAME=NUMBER",
    "--default-resources": "NAME=VALUE",
    "--set-threads": "RULE=NUMBER",
    "--set-resources": "RULE:NAME=VALUE",
    "--set-resource-scopes": "NAME=SCOPE",
    "--set-scatter": "NAME=NUMBER",
    "--groups": "RULE=GROUP",
    "--group-components": "GROUP=NUMBER",
    "--consider-ancient": "RULE=FILES",
}
ALIASES = {
    "--config": ["-C"],
    FILES: ["--configfiles"],
    "--resources": ["--res"],
    "--default-resources": ["--default-res"],
}
KEY = re.compile(r"[a-zA-Z_][\w-]*\w")  # of the config, as Snakemake takes it


def after_dashes(words: Sequence[str]) -> list[str]:
    """Words for Snakemake that a command was given after `--`.

    >>> after_dashes(["--", "min_cut", "--config", "scale=smoke"])
    ['min_cut', '--config', 'scale=smoke']
    """
    return list(words[1:] if words[:1] == ["--"] else words)


def argument_mistakes(words: Sequence[str]) -> list[str]:
    """What is wrong with the config files and with options for Snakemake, a line each.

    Args:
        words: what follows `snakemake` on the command line.
    """
    parser = ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    for option in (*ENTRIES, FILES):
        parser.add_argument(option, *ALIASES.get(option, []), nargs="*", action="append", default=[], dest=option)
    given = vars(parser.parse_known_args(list(words))[0])
    return [
        *(one_line(line) for option, lists in given.items() for line in option_mistakes(option, lists)),
        *(line for path in config_files(given[FILES]) for line in file_mistakes(path)),
    ]


def option_mistakes(option: str, lists: list[list[str]]) -> Iterator[str]:
    """What is wrong with all that an option is given, once or several times."""
    if len(lists) > 1:
        yield f"{option}: appears twice, and Snakemake uses only the last; accepted: once, with all entries after it"
    for entry in chain(*lists):
        key, equals, _ = entry.partition("=")
        if option == FILES:
            if not Path(entry).exists():
                yield f"{option}: {entry}: no such file; targets go before {option}"
        elif not equals:
            yield f"{option}: {shown(entry)}; accepted: {ENTRIES[option]}; targets go before {option}"
        elif option == "--config" and not KEY.fullmatch(key):
            yield f"{option}: {shown(key)} is not a key; accepted: letters, digits and _, two at least, a letter first"


def config_files(lists: list[list[str]]) -> list[str]:
    """The config files that are there: the default one, and those that are given."""
    return [path for path in (DEFAULT, *chain(*lists)) if Path(path).exists()]
