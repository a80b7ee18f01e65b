"""The house style: sizes, palette, and saving a figure so that the same figure gives the same bytes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from convac.errors import one_line
from convac.files import replacing

COLUMN = 3.4  # inches, a journal's column
PAGE = 7.0  # inches, both columns
FOOTER = 0.16  # inches below the panels, where the provenance stands
CHARACTERS = 17.0  # of the provenance per inch

# Okabe & Ito's palette without its yellow, which is too pale for lines on white; told apart under colour-blindness.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000"
GREY = "#767676"
NAMES = ("tanh",)  # that start with a small letter wherever they stand

STYLE = Path(__file__).with_name("convac.mplstyle")
PROVENANCE = "provenance"
FORMATS = ("pdf", "svg", "png")


@contextmanager
def house() -> Iterator[None]:
    """Matplotlib's settings are the house's inside the block, whatever they were outside.

    Figures take settings when artists are made *and* when they are drawn: make, check and save them inside.
    """
    with matplotlib.style.context(str(STYLE), after_reset=True):
        yield


def figure(width: float = COLUMN, height: float = 2.4) -> Figure:
    """An empty figure of that size in inches, with a free strip for the provenance at its foot; no pyplot state."""
    share = FOOTER / height
    made = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(rect=(0, share, 1, 1 - share)))
    FigureCanvasAgg(made)
    return made


def placeholder(reason: str) -> Figure:
    """A figure that only says why there is nothing to show, so that every declared part exists."""
    with house():
        made = figure(COLUMN, 1.2)
        made.text(0.5, 0.55, reason, ha="center", va="center", wrap=True, color=GREY)
    made.set_layout_engine("none")  # it warns of figures without axes
    return made


def stamp(made: Figure, provenance: str) -> None:
    """Write the provenance into the strip at the figure's foot, instead of an earlier one."""
    for text in [text for text in made.texts if text.get_gid() == PROVENANCE]:
        text.remove()
    short = one_line(provenance, int(made.get_figwidth() * CHARACTERS))
    x, y = 1 - 0.04 / made.get_figwidth(), 0.03 / made.get_figheight()
    made.text(x, y, short, ha="right", va="bottom", fontsize=7, color=GREY, gid=PROVENANCE)


def save(made: Figure, stem: str | Path, provenance: str) -> list[Path]:
    """Write the figure as PDF, SVG and PNG (300 dpi), each atomically; the same figure gives the same bytes.

    Args:
        made: a figure of the house.
        stem: path without its suffix, e.g. `figures/pooling_geometry-curves`.
        provenance: what made it (experiment, scale, digests); whole in the files' metadata, shortened at the foot.

    Returns:
        The three paths.
    """
    metadata: dict[str, dict[str, Any]] = {
        "pdf": {"CreationDate": None, "Subject": provenance},
        "svg": {"Date": None, "Description": provenance},
    }
    paths = []
    with house():
        stamp(made, provenance)
        # laid out once: with a layout engine every format lays the figure out and draws it twice
        if engine := made.get_layout_engine():
            engine.execute(made)
        made.set_layout_engine(None)
        for suffix in FORMATS:
            path = Path(f"{stem}.{suffix}")
            with replacing(path) as temporary:
                if suffix == "png":
                    _save_png(made, temporary, provenance)
                else:
                    made.savefig(temporary, format=suffix, metadata=metadata[suffix])
            paths.append(path)
    return paths


def _save_png(made: Figure, path: Path, provenance: str) -> None:
    """PNG with a palette of 256 colours: the same look at a third of the size, for the figures that are committed."""
    drawn = BytesIO()
    # not compressed: it is read again at once
    made.savefig(drawn, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 0})
    with Image.open(drawn) as image:
        palette = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        described = PngInfo()
        described.add_text("Description", provenance)
        palette.save(path, format="png", optimize=True, pnginfo=described, dpi=image.info["dpi"])


def sentence_case(text: str) -> str:
    """Words of a title or an axis as every figure has them: the first starts with a capital, symbols and names don't.

    >>> sentence_case("gain of HT"), sentence_case("ln D"), sentence_case("tanh")
    ('Gain of HT', 'ln D', 'tanh')
    """
    word = re.match(r"a (?=\w)|[a-z-]{3,}", text)
    return text if word is None or word.group() in NAMES else text[0].upper() + text[1:]
