"""The report's opening page: what was found in a scale's results, as reStructuredText."""

import base64
from pathlib import Path
from textwrap import wrap

from convac.claims.findings import findings, sentence
from convac.claims.ledger import counts
from convac.claims.verdicts import COLUMNS
from convac.files import read_table

KEY_FIGURES = 2
LINE = 4000  # signs


def opening(folder: Path) -> str:
    """Counts of verdicts, the papers' primaries first, then findings and key figures; empty without a ledger.

    Args:
        folder: results of one scale.
    """
    ledger = folder / "claims.csv"
    if not ledger.is_file():
        return ""
    gathered = read_table(ledger, ("experiment", *COLUMNS))
    found = findings(gathered)
    told = [row for rows in found.values() for row in rows]
    lines = [*(f"- {plain(line)}" for line in counts(gathered)), ""]
    for heading, rows in found.items():
        if rows:
            lines += [f"**{heading}:**", "", *(f"- {plain(sentence(row))} ``{row['id']}``" for row in rows), ""]
    experiments = dict.fromkeys([*(row["experiment"] for row in told), *gathered["experiment"]])
    pictures = [path for name in experiments if (path := folder / f"figures/{name}.png").is_file()]
    for path in pictures[:KEY_FIGURES]:
        # docutils reads no line of more than 10,000 signs, and joins those of an address
        code = wrap(base64.b64encode(path.read_bytes()).decode(), LINE)
        lines += [".. image:: data:image/png;base64,", *(f"   {line}" for line in code)]
        lines += [f"   :alt: {path.stem}", "   :width: 100%", "", f"*{path.stem}*", ""]
    return "\n".join(lines)


def styled(path: Path) -> str:
    """A style sheet as reStructuredText; it holds while the opening page is shown, other pages take `make report`'s.

    The report centres what it shows: whatever is larger than the window would begin outside of it, out of reach.
    """
    return f".. raw:: html\n\n   <style>{' '.join(path.read_text(encoding='utf-8').split())}</style>"


def plain(text: str) -> str:
    """Text without signs that reStructuredText would read as its own.

    >>> print(plain("M^|A| and D_0"))
    M^\\|A\\| and D\\_0
    """
    return "".join(f"\\{sign}" if sign in "\\|*_`" else sign for sign in text)
