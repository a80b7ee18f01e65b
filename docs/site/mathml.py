"""Formulas as MathML, which browsers show by themselves: no script, no font and no network."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

# what docutils has under its longer name, and with braces, alone
LONGER = ((re.compile(r"\\dots(?![a-z])"), r"\\ldots"), (re.compile(r"(\\t?frac)(\d)(\d)"), r"\1{\2}{\3}"))


def inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(converted(node.astext()))
    raise nodes.SkipNode


def display(writer: Any, node: nodes.math_block) -> None:
    """Write a formula in a paragraph of its own."""
    writer.body.append(f"<div>{converted(node.astext(), as_block=True)}</div>")
    raise nodes.SkipNode


def converted(formula: str, as_block: bool = False) -> str:
    """A formula of LaTeX as MathML."""
    for short, long in LONGER:
        formula = short.sub(long, formula)
    return str(tex2mathml(formula, as_block=as_block))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer and choose it."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
