"""The ledger of all claims, and the page to read it on: Markdown for repositories, HTML for browsers."""

import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from convac.claims.claims import COLUMNS, CONTRADICTED, INCONCLUSIVE, NOT_RUN, REPRODUCED
from convac.statistics import holm

if TYPE_CHECKING:
    import pandas as pd

# A sign and a colour that colour-blind readers tell apart, beside the word.
SIGNS = {
    REPRODUCED: ("✓", "#0072B2"),
    CONTRADICTED: ("✗", "#B84A00"),
    INCONCLUSIVE: ("?", "#666666"),
    NOT_RUN: ("–", "#666666"),
}
HEADS = ("experiment", "claim", "source", "statistic", "threshold", "n", "p (Holm)", "verdict")
STATISTIC = (
    "The statistic is the mean over seeds with its 95 % interval (paired Student-t; bootstrap from 20 seeds), for "
    "exact claims the mean with the smallest and largest value over all pairs."
)
MEANING = "the interval lies above the threshold and the Holm-adjusted p-value is at most 0.05"
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; }
td.exact { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.source, p.about { color: #555; font-size: 0.9em; }
li { overflow-wrap: anywhere; }
"""


def ledger(frames: Mapping[str, "pd.DataFrame"], level: float = 0.05) -> "pd.DataFrame":
    """All experiments' verdicts in one table, corrected for the number of claims.

    Args:
        frames: experiment → what `evaluate_all` gave, or the same read back from CSV.
        level: a `reproduced` whose Holm-adjusted p-value exceeds it becomes `inconclusive`.

    Returns:
        The columns of `Verdict` after `experiment`, and `p_holm`.
    """
    import pandas as pd

    empty = pd.DataFrame(columns=["experiment", *COLUMNS])
    parts = [frame.assign(experiment=name)[list(empty.columns)] for name, frame in frames.items() if len(frame)]
    gathered = pd.concat(parts, ignore_index=True) if parts else empty
    adjusted = holm(gathered["p"].to_numpy(dtype=float))
    gathered["p_holm"] = adjusted
    gathered["counterexamples"] = gathered["counterexamples"].fillna("")
    gathered.loc[(gathered["verdict"] == REPRODUCED) & (adjusted > level), "verdict"] = INCONCLUSIVE
    return gathered


def to_markdown(gathered: "pd.DataFrame") -> str:
    """The ledger as a Markdown page: counts, a table, and the counterexamples of exact claims."""
    lines = ["# Claims", "", f"{counts(gathered)}.", "", markdown_row(HEADS), markdown_row(["---"] * len(HEADS))]
    lines += [markdown_row(cells(entry)) for entry in gathered.to_dict("records")]
    about = f"{STATISTIC} *Reproduced*: {MEANING}; *contradicted*: it lies below."
    notes = [f"- {name}: {text}" for name, text in counterexamples(gathered)]
    return "\n".join([*lines, "", about, *(["", "## Counterexamples", "", *notes] if notes else []), ""])


def to_html(gathered: "pd.DataFrame", title: str) -> str:
    """The ledger, or an experiment's part of it, as an HTML page that needs nothing else.

    Args:
        gathered: what `ledger` gives, or some of its rows.
        title: the page's heading.
    """
    heads = "".join(f"<th>{escape(head)}</th>" for head in HEADS)
    rows = "\n".join(f"<tr>{_html_cells(entry)}</tr>" for entry in gathered.to_dict("records"))
    notes = "".join(f"<li>{escape(name)}: {escape(text)}</li>" for name, text in counterexamples(gathered))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(title)}</h1>\n<p>{escape(counts(gathered))}.</p>",
            f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>",
            f'<p class="about">{STATISTIC} <em>Reproduced</em>: {MEANING}; <em>contradicted</em>: it lies below.</p>',
            f"<h2>Counterexamples</h2>\n<ul>{notes}</ul>" if notes else "",
            "</body>\n</html>\n",
        ]
    )


def counts(gathered: "pd.DataFrame") -> str:
    """How many claims have each verdict, as text."""
    return ", ".join(f"{int((gathered['verdict'] == verdict).sum())} {verdict}" for verdict in SIGNS)


def cells(entry: Mapping[Any, Any]) -> tuple[str, ...]:
    """One row of the ledger as texts, in the order of `HEADS`."""
    mean, low, high = (number(entry[name]) for name in ("mean", "low", "high"))
    statistic = mean if mean == "–" else f"{mean} [{low}, {high}]"
    numbers = (f"{entry['threshold']:g}", str(entry["n"]), number(entry["p_holm"]))
    return (
        str(entry["experiment"]),
        str(entry["statement"]),
        str(entry["source"]),
        statistic,
        *numbers,
        str(entry["verdict"]),
    )


def counterexamples(gathered: "pd.DataFrame") -> list[tuple[str, str]]:
    """Experiment and claim, and the pairs that violate it, of every exact claim that has some."""
    entries = gathered.to_dict("records")
    return [
        (f"{entry['experiment']}, {entry['id']}", str(entry["counterexamples"]))
        for entry in entries
        if entry["counterexamples"]
    ]


def number(value: object) -> str:
    """Three digits of a number; a dash for none.

    >>> number(-0.12345), number(math.nan), number(math.inf)
    ('−0.123', '–', '∞')
    """
    known = float(str(value))
    return "–" if math.isnan(known) else f"{known:.3g}".replace("inf", "∞").replace("-", "−")


def markdown_row(texts: Iterable[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def _html_cells(entry: Mapping[Any, Any]) -> str:
    experiment, statement, source, *numbers, verdict = map(escape, cells(entry))
    sign, colour = SIGNS[str(entry["verdict"])]
    exact = "".join(f'<td class="exact">{text}</td>' for text in numbers)
    told = f'<td class="exact" style="color: {colour}"><strong>{sign} {verdict}</strong></td>'
    return f'<td>{experiment}</td><td>{statement}</td><td class="source">{source}</td>{exact}{told}'
