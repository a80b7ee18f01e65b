"""The ledger of all claims, and the page to read it on: Markdown for repositories, HTML for browsers."""

import math
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from convac.claims.claims import Kind, Origin, Role
from convac.claims.page import SCRIPT, STYLE
from convac.claims.verdicts import (
    COLUMNS,
    CONTRADICTED,
    NOT_CONVERGED,
    NOT_RUN,
    REPRODUCED,
    SMALLER,
    SMOKE,
    UNDECIDED,
    VERDICTS,
)
from convac.errors import FileError
from convac.files import read_table

if TYPE_CHECKING:
    import pandas as pd

# A colour that colour-blind readers tell apart, beside the word.
COLOURS = {
    REPRODUCED: "#0072B2",
    CONTRADICTED: "#B84A00",
    SMALLER: "#7A5195",
    UNDECIDED: "#666666",
    NOT_CONVERGED: "#666666",
    NOT_RUN: "#666666",
    SMOKE: "#666666",
}
# what a column of words may say
WORDS = {"verdict": VERDICTS, "kind": get_args(Kind), "origin": get_args(Origin), "role": get_args(Role)}
HEADS = ("verdict", "claim", "origin", "role", "statistic", "threshold", "n", "non-trivial", "p, corrected")
SHOWN = 5  # counterexamples of a claim that a page tells; the CSV has all
ABOUT = (
    "The statistic is the mean over seeds with its corrected Student-t interval; of exact claims the mean with the "
    "smallest and largest value over all pairs; of equalities the fraction that is equal with the smallest and largest "
    "difference; of rank correlations Kendall's τ-b over cells with its interval; of falls the mean of −τ-b within "
    "seeds, with that of Student. Words, families and corrections: "
    "docs/verdicts.md."
)


def read_verdicts(path: str | Path, columns: tuple[str, ...] = COLUMNS) -> "pd.DataFrame":
    """The verdicts of one experiment, as its claims CSV has them.

    Raises:
        FileError: the file is damaged or lacks one of the columns, a claim appears twice, or a word is unknown.
    """
    found = read_table(path, columns)
    for column, words in WORDS.items():
        foreign = [word for word in found[column] if word not in words] if column in columns else []
        if foreign:
            raise FileError(f"{path}: {column} {foreign[0]} is unknown; expected {', '.join(words)}")
    twice = found["id"][found["id"].duplicated()]
    if len(twice):
        raise FileError(f"{path}: the claim {twice.iloc[0]} appears twice; expected every claim once")
    return found


def ledger(frames: Mapping[str, "pd.DataFrame"]) -> "pd.DataFrame":
    """All experiments' verdicts in one table.

    Args:
        frames: experiment → what `evaluate_all` gave, or the same read back from CSV.

    Returns:
        The columns of `Verdict` after `experiment`.
    """
    import pandas as pd

    empty = pd.DataFrame(columns=["experiment", *COLUMNS])
    parts = [frame.assign(experiment=name)[list(empty.columns)] for name, frame in frames.items() if len(frame)]
    gathered = pd.concat(parts, ignore_index=True) if parts else empty
    for name in ("counterexamples", "amended"):
        gathered[name] = gathered[name].fillna("")
    return gathered


def groups(gathered: "pd.DataFrame") -> list[tuple[str, "pd.DataFrame"]]:
    """The claims by whose they are and what they are for, the papers' primaries first; checks apart, last."""
    named = [
        ("Primary claims of papers", "paper", "primary"),
        ("Primary claims of ours", "ours", "primary"),
        ("Secondary claims of papers", "paper", "secondary"),
        ("Secondary claims of ours", "ours", "secondary"),
    ]
    found = [
        (name, gathered[(gathered["origin"] == whose) & (gathered["role"] == role)]) for name, whose, role in named
    ]
    return [*found, ("Checks", gathered[gathered["origin"] == "check"])]


def counts(gathered: "pd.DataFrame") -> list[str]:
    """How many claims have each verdict, a line per group; of checks, how many hold."""
    lines = []
    for name, own in groups(gathered):
        found = own["verdict"].tolist()
        words = ", ".join(f"{found.count(word)} {word}" for word in VERDICTS if word in found)
        if name == "Checks" and REPRODUCED in found:
            words = f"{found.count(REPRODUCED)} hold" + ("" if set(found) == {REPRODUCED} else f"; {words}")
        examples = int(own["example"].astype(bool).sum()) if len(own) else 0
        few = f"; {examples} on fewer than ten non-trivial cells" if examples else ""
        lines += [f"{name} ({len(own)}): {words}{few}"] if found else []
    return lines


def to_markdown(gathered: "pd.DataFrame") -> str:
    """The ledger as a Markdown page: counts, a table by group, amendments, counterexamples of exact claims."""
    lines = ["# Claims", "", *(f"- {line}" for line in counts(gathered)), "", ABOUT]
    for name, own in groups(gathered):
        if len(own):
            lines += ["", f"## {name}", "", markdown_row(HEADS), markdown_row(["---"] * len(HEADS))]
            lines += [markdown_row(cells(entry)) for entry in own.to_dict("records")]
    for head, column in (("Amended", "amended"), ("Counterexamples", "counterexamples")):
        notes = [f"- `{name}`: {text}" for name, text in told(gathered, column)]
        lines += ["", f"## {head}", "", *notes] if notes else []
    return "\n".join([*lines, ""])


def to_html(gathered: "pd.DataFrame", title: str) -> str:
    """The ledger, or an experiment's part of it, as an HTML page that needs nothing else.

    Its table sorts by a click on a heading and shows the rows that have the words of its field.

    Args:
        gathered: what `ledger` gives, or some of its rows.
        title: the page's heading.
    """
    heads = "".join(f'<th tabindex="0">{escape(head)}</th>' for head in HEADS)
    ordered = [entry for _, own in groups(gathered) for entry in own.to_dict("records")]
    rows = "\n".join(f"<tr>{_html_cells(entry)}</tr>" for entry in ordered)
    numbers = "".join(f"<li>{escape(line)}</li>" for line in counts(gathered))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(title)}</h1>\n<ul>{numbers}</ul>",
            '<p><input type="search" placeholder="words that rows must have" aria-label="filter" /> '
            "<output></output></p>",
            f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>",
            f'<p class="about">{escape(ABOUT)}</p>\n<script>{SCRIPT}</script>',
            "</body>\n</html>\n",
        ]
    )


def cells(entry: Mapping[Any, Any]) -> tuple[str, ...]:
    """One row of the ledger as texts, in the order of `HEADS`."""
    mean, low, high = (number(entry[name]) for name in ("mean", "low", "high"))
    statistic = mean if mean == "–" else f"{mean} [{low}, {high}]"
    word = str(entry["verdict"])
    return (
        f"{word} (example)" if entry["example"] and word in {REPRODUCED, CONTRADICTED} else word,
        f"`{entry['id']}` {entry['statement']} ({entry['source']})",
        str(entry["origin"]),
        str(entry["role"]),
        statistic,
        threshold(entry),
        str(entry["n"]),
        number(entry["nontrivial"], whole=True),
        number(entry["p_adjusted"]),
    )


def threshold(entry: Mapping[Any, Any]) -> str:
    """A claim's threshold; of an equivalence its margin.

    >>> threshold({"kind": "interval", "threshold": -0.0}), threshold({"kind": "equivalence", "threshold": -0.15})
    ('0', '±0.15')
    """
    if entry["kind"] == "equivalence":
        return f"±{number(-entry['threshold'])}"
    return number(entry["threshold"] + 0.0)  # no −0


def told(gathered: "pd.DataFrame", column: str) -> list[tuple[str, str]]:
    """The claims that have a text in a column, by id; of lists the first few and how many there are."""
    entries = gathered.to_dict("records")
    return [(str(entry["id"]), shortened(str(entry[column]))) for entry in entries if entry[column]]


def shortened(text: str) -> str:
    """A list separated by semicolons, its first entries alone.

    >>> shortened("1; 2; 3; 4; 5; 6; 7")
    '1; 2; 3; 4; 5; … 7 in all'
    """
    entries = text.split("; ")
    return text if len(entries) <= SHOWN else "; ".join([*entries[:SHOWN], f"… {len(entries)} in all"])


def number(value: object, whole: bool = False) -> str:
    """Three digits of a number, or all of a whole one; a dash for none.

    >>> number(-0.12345), number(math.nan), number(math.inf), number(1234.0, whole=True)
    ('−0.123', '–', '∞', '1234')
    """
    known = float(str(value))
    if math.isnan(known):
        return "–"
    return f"{known:.0f}" if whole else f"{known:.3g}".replace("inf", "∞").replace("-", "−")


def markdown_row(texts: Iterable[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def _html_cells(entry: Mapping[Any, Any]) -> str:
    verdict, _, origin, role, *numbers = map(escape, cells(entry))
    claim = "".join(
        [
            f"{escape(str(entry['statement']))}<br /><code>{escape(str(entry['id']))}</code> ",
            f'<span class="source">{escape(str(entry["source"]))}</span>',
            *(
                f"<details><summary>{head}</summary>{escape(shortened(str(entry[column])))}</details>"
                for head, column in (("amended", "amended"), ("counterexamples", "counterexamples"))
                if entry[column]
            ),
        ]
    )
    rest = zip(HEADS[2:], (origin, role, *numbers), strict=True)
    others = "".join(f'<td class="exact" data-head="{head}">{text}</td>' for head, text in rest)
    colour = COLOURS[str(entry["verdict"])]
    return f'<td style="color: {colour}"><strong>{verdict}</strong></td><td class="claim">{claim}</td>{others}'
