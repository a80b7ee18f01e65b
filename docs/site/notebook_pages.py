"""Notebooks as pages: their prose, their code, and what they show for the reference results.

An experiment's notebook draws the figures of `results/reference/figures` from the committed table (`make redraw`); a
page shows these files, and the verdicts beside it, so that no kernel runs while the site is built.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from myst_parser.parsers.sphinx_ import MystParser
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from convac.experiments.notebook import SHOWN

REFERENCE = Path(__file__).parents[2] / "results/reference"
DRAWING = "\nshow("  # a call that draws the figures and gives the verdicts


class NotebookParser(MystParser):
    """Reads a notebook as Markdown."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse the notebook's text."""
        study = Path(document["source"]).stem
        super().parse(markdown(json.loads(inputstring), study), document)


def markdown(notebook: dict[str, Any], study: str) -> str:
    """The cells of a notebook, code in fences, with what the reference has for an experiment's."""
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
        else:
            parts.append(f"```python\n{text}\n```")
            parts.extend(shown(text, study))
    return "\n\n".join(parts) + "\n"


def shown(code: str, study: str) -> list[str]:
    """What a cell shows of the reference: the figures that it draws, then the verdicts."""
    judged = REFERENCE / f"claims/{study}.csv"
    if DRAWING not in code or not judged.is_file():
        return []
    figures = sorted(REFERENCE.glob(f"figures/{study}.png")) + sorted(REFERENCE.glob(f"figures/{study}-*.png"))
    pictures = [f"![{path.stem}](/results/reference/figures/{path.name})" for path in figures]
    return [*pictures, verdicts_table(pd.read_csv(judged))]


def verdicts_table(verdicts: pd.DataFrame) -> str:
    """The columns that a notebook shows, as a table of Markdown."""
    rows = [[in_cell(value) for value in row] for row in verdicts[SHOWN].itertuples(index=False)]
    lines = [SHOWN, ["---"] * len(SHOWN), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def in_cell(value: Any) -> str:
    """A number to four digits, nothing where there is none."""
    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the parser, and the diagram's language as plain text."""
    app.add_source_parser(NotebookParser)
    app.add_lexer("mermaid", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
