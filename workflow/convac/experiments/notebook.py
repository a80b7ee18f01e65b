"""What an experiment's notebook calls: it draws, saves and displays the figures, and gives the verdicts."""

import pandas as pd

from convac.experiments.discovery import imported
from convac.files import read_table
from convac.plotting.notebook import inputs
from convac.plotting.style import save
from convac.specs.tables import joined

SHOWN = ["id", "mean", "low", "high", "threshold", "n", "verdict"]  # of every verdict


def show(
    study: str, table: str = "", examples: str = "", claims: str = "", stem: str = "", provenance: str = ""
) -> pd.DataFrame:
    """Draw an experiment's figures and display them.

    Args:
        study: the experiment's name.
        table, examples, claims, stem: what is drawn and where to, as `convac.plotting.notebook.inputs` takes them.
        provenance: printed small on every figure.

    Returns:
        The verdicts, a row a claim: its statistic (of exact claims the mean, smallest and largest value) and threshold.

    Raises:
        FileError: there is nothing to draw, or it is damaged.
    """
    from IPython.display import Image, display

    found, pictured, judged, drawn = inputs(study, table, examples, claims, stem)
    verdicts = read_table(judged)
    draw = imported(study, "figures").draw
    for part, figure in draw(joined(read_table(found), read_table(pictured)), verdicts).items():
        paths = save(figure, f"{drawn}-{part}" if part else drawn, provenance)
        display(Image(next(path for path in paths if path.suffix == ".png"), width=700))
    return verdicts[SHOWN]
