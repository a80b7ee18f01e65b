"""Completion for a shell: print a script that knows every command and its options.

bash, in ~/.bashrc: eval "$(convac completion bash)"; zsh, in ~/.zshrc, after compinit: eval "$(convac completion zsh)".
"""

import importlib
from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path

SHELLS = ("bash", "zsh")
SCRIPT = """\
_convac() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words=""
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        words="{commands}"
    else
        case "${{COMP_WORDS[1]}} $before" in
{choices}
        esac
        case "$word" in -*) case "${{COMP_WORDS[1]}}" in
{options}
        esac ;; esac
    fi
    [ -z "$words" ] || COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _convac convac
"""
ZSH = "autoload -Uz bashcompinit && bashcompinit\n"


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac completion`."""
    parser.add_argument("shell", choices=SHELLS, help="shell that reads the script")


def run(options: Namespace) -> None:
    """Print the script."""
    print((ZSH if options.shell == "zsh" else "") + script(parsers()), end="")


def parsers() -> dict[str, ArgumentParser]:
    """Every command with what it takes."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        module = importlib.import_module(f"convac.commands.{path.stem}")
        if hasattr(module, "add_arguments") and hasattr(module, "run"):
            found[path.stem] = ArgumentParser(path.stem)
            found[path.stem].add_argument("--log")
            module.add_arguments(found[path.stem])
    return found


def script(commands: dict[str, ArgumentParser]) -> str:
    """The script: the first word is a command, then its options, values of a choice, or else files."""
    choices, options = [], []
    for name, parser in commands.items():
        shown = [action for action in parser._actions if action.option_strings and action.help != SUPPRESS]
        flags = " ".join(flag for action in shown for flag in action.option_strings)
        options.append(f'            {name}) words="{flags}" ;;')
        for action in shown:
            if action.choices:
                places = "|".join(f'"{name} {flag}"' for flag in action.option_strings)
                choices.append(f'            {places}) words="{" ".join(map(str, action.choices))}" ;;')
        own = [str(word) for action in parser._actions if not action.option_strings for word in action.choices or ()]
        if own:
            choices.append(f'            "{name} {name}") words="{" ".join(own)}" ;;')
    return SCRIPT.format(commands=" ".join(commands), choices="\n".join(choices), options="\n".join(options))
