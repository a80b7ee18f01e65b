"""The documentation as a site: `make site`. Sphinx reads files where they lie: links are those of the checkout.

The source folder is the checkout; every page, notebook and picture keeps its path in it. Nothing is fetched: formulas
are MathML, fonts the reader's own.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "workflow"), str(Path(__file__).parent)]

import convac  # noqa: E402 (found by the line above)

project = "convac"
author = "the authors of convac"
version = release = convac.__version__
root_doc = "docs/site/index"
include_patterns = [
    "config/README.md",
    "README.md",
    "CHANGELOG.md",
    "docs/*.md",
    "docs/*.ipynb",
    "docs/site/*.md",
    "docs/site/*.rst",
    "notebooks/*.ipynb",
    "results/reference/claims.md",
    "results/reference/images/claims.md",
    "workflow/profiles/README.md",
]
exclude_patterns = [".*", "tests", "envs", "certify", "benchmarks", "results/[!r]*", "workflow/convac"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext", ".ipynb": "notebook"}

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_parser", "notebook_pages", "mathml"]
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 4
default_role = "literal"  # docstrings write names of code as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
add_module_names = False

html_theme = "furo"
html_title = f"convac {version}"
html_copy_source = False
html_show_search_summary = False  # a page opened from the file system may not fetch others
html_theme_options = {"top_of_page_buttons": []}


def setup(app: Sphinx) -> None:
    """Have the built site open at its top folder, too."""
    app.connect("build-finished", entrance)


def entrance(app: Sphinx, failure: Exception | None) -> None:
    """Write the page at the top that leads to the first one."""
    first = f"{root_doc}.html"
    head = f'<meta charset="utf-8"><title>convac</title><meta http-equiv="refresh" content="0; url={first}">'
    if failure is None:
        page = f'<!doctype html>{head}\n<a href="{first}">convac</a>\n'
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")
