"""The explorer: tidy tables and the min-cut calculator as one HTML page that needs no network.

The page's style, scripts and vendored libraries lie in the folder `page`; tables go into the page
deflated, a column as its distinct values and a number for each row.
"""

import base64
import json
import math
import zlib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from convac.errors import FileError
from convac.files import naming, sha256
from convac.specs.tables import COLUMNS, QUANTITIES

# in the order in which they are read: the libraries, then what is ours, each using what stands before it
LIBRARIES = ("vega", "vega-lite", "vega-embed")
SCRIPTS = ("tables", "chart", "cuts", "bounds", "drawing", "data", "network")
SUMS = "vendor/SHA256SUMS"
DIGITS = 6  # of values that aren't whole numbers; the tables have all


def page(tables: Mapping[str, pd.DataFrame], source: str, resources: Path) -> str:
    """The whole page.

    Args:
        tables: tidy tables by experiment.
        source: what the page says that they are of.
        resources: the folder of the page's parts.

    Raises:
        FileError: a part is missing, or a library isn't the one whose checksum is there.
    """
    check_libraries(resources)
    meanings = {"source": source, "experiments": list(tables), "columns": COLUMNS, "quantities": QUANTITIES}
    parts = {
        "style": read(resources, "style.css"),
        "libraries": "\n".join(library(resources, name) for name in LIBRARIES),
        "tables": "\n".join(element(name, table) for name, table in tables.items()),
        "meanings": in_script(json.dumps(meanings, ensure_ascii=False)),
        "scripts": "\n".join(f"<script>\n{read(resources, f'{name}.js')}</script>" for name in SCRIPTS),
    }
    text = read(resources, "page.html")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->", part)
    return text


def read(resources: Path, name: str) -> str:
    """A part of the page; raises FileError where it can't be read."""
    path = resources / name
    with naming(path, "a part of the explorer's page"):
        return path.read_text(encoding="utf-8")


def library(resources: Path, name: str) -> str:
    """A vendored library under its licence, as an element of the page."""
    notice, code = (read(resources, f"vendor/{name}.{suffix}") for suffix in ("LICENSE", "min.js"))
    return f"<script>\n/* {name}\n{notice}*/\n{code}</script>"


def check_libraries(resources: Path) -> None:
    """Raise FileError where a vendored file isn't the published one, by its checksum."""
    for line in read(resources, SUMS).splitlines():
        published, name = line.split()
        path = resources / "vendor" / name
        with naming(path, "a vendored file"):
            found = sha256(path)
        if found != published:
            raise FileError(f"{path}: its sha256 isn't that of {SUMS}; accepted: the file as it was published")


def element(name: str, table: pd.DataFrame) -> str:
    """A table as an element of the page, which the script `tables.js` unpacks."""
    text = json.dumps(packed(table), ensure_ascii=False, separators=(",", ":"))
    code = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return f'<script type="text/plain" id="table-{escape(name)}">{code}</script>'


def packed(table: pd.DataFrame) -> dict[str, Any]:
    """A tidy table as plain data: a label's column as its values and each row's number.

    Args:
        table: one row, one observation.

    Returns:
        `values`, and of every other column that says something its distinct `values` and `codes`, −1 for none.

    >>> packed(pd.DataFrame({"cell": ["a", "a"], "seed": [0, 1], "quantity": ["rank"] * 2, "value": [2.0, 0.1234567]}))
    {'labels': {'seed': {'values': [0, 1], 'codes': [0, 1]}, 'quantity': {'values': ['rank'], 'codes': [0, 0]}}, \
'values': [2, 0.123457]}
    """
    labels = {}
    for name in table.columns.difference(["cell", "value"], sort=False):
        codes, values = pd.factorize(table[name])
        if len(values):
            labels[str(name)] = {"values": [plain(value) for value in values], "codes": codes.tolist()}
    return {"labels": labels, "values": [rounded(float(value)) for value in table["value"]]}


def plain(value: Any) -> Any:
    """A label as JSON has it; whole numbers as integers."""
    item = value.item() if hasattr(value, "item") else value
    return rounded(item) if isinstance(item, float) else item


def rounded(value: float) -> float | str:
    """A value as JSON has it, to six digits; whole numbers are exact, and what JSON lacks is its name.

    >>> rounded(12345678.0), rounded(0.1234567), rounded(math.inf)
    (12345678, 0.123457, 'inf')
    """
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else float(f"{value:.{DIGITS}g}")


def in_script(text: str) -> str:
    """JSON that may stand in a script: nothing in it ends the element.

    >>> in_script('"</script>"')
    '"\\\\u003c/script>"'
    """
    return text.replace("<", "\\u003c")
