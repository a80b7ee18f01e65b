"""Which files rules of the workflow declare as their outputs, and the log of the job that makes each.

Snakemake makes such a file again once it is gone. The job writes its log anew whenever it runs.
"""

import os
import re
from pathlib import Path

from convac.specs.own_images import OWN

LOGS = "results/logs"
SCALE = "(?P<scale>smoke|laptop|paper|redrawn)"
EXPERIMENT = r"(?P<experiment>[a-z][a-z0-9_]*)"
FOLDER = r"(?P<folder>[a-z0-9-]+)"
# outputs under results, and the log of their rule by what the pattern names
RULES = {
    r"downloads/(?P<source>\w+)/record\.json": "download/{source}",
    rf"downloads/(?P<own>{OWN})/(record\.json|images\.safetensors)": "images/{own}",
    rf"(?P<room>datasets|runs|theory)/{FOLDER}/spec\.json": "spec/{room}-{folder}",
    rf"datasets/{FOLDER}/(data\.safetensors|summary\.parquet|run\.json)": "dataset/{folder}",
    rf"runs/{FOLDER}/(model\.safetensors|history\.parquet|run\.json)": "train/{folder}",
    rf"runs/{FOLDER}/entanglement-(?P<digest>[0-9a-f]{{8}})\.(parquet|json)": "measure/{folder}-{digest}",
    rf"theory/{FOLDER}/(table\.parquet|run\.json)": "theory/{folder}",
    rf"{SCALE}/tables/{EXPERIMENT}\.cells\.json": "cells/{scale}-{experiment}",
    rf"{SCALE}/tables/{EXPERIMENT}\.(parquet|csv)": "collect/{scale}-{experiment}",
    rf"{SCALE}/claims/{EXPERIMENT}\.csv": "claims/{scale}-{experiment}",
    rf"{SCALE}/notebooks/{EXPERIMENT}\.(ipynb|run\.json)": "figure/{scale}-{experiment}",
    rf"{SCALE}/figures/{EXPERIMENT}(-[\w-]+)?\.(pdf|svg|png)": "figure/{scale}-{experiment}",
    rf"{SCALE}/(pages/{EXPERIMENT}\.html|claims\.(csv|md|html))": "ledger/{scale}",
    rf"{SCALE}/comparison\.(csv|md)": "comparison/{scale}",
    rf"{SCALE}/manifest\.json": "manifest/{scale}",
}
PATTERNS = [(re.compile(f"results/{pattern}"), f"{LOGS}/{log}.log") for pattern, log in RULES.items()]


def log_of(path: str) -> str | None:
    """The log of the job that makes a file, named as seen from the folder of the run; None for a file of no job.

    >>> log_of("results/smoke/figures/min_cut-deficits.pdf"), log_of("results/mine.json")
    ('results/logs/figure/smoke-min_cut.log', None)
    """
    plain = os.path.relpath(path).replace(os.sep, "/")
    for pattern, log in PATTERNS:
        if found := pattern.fullmatch(plain):
            return log.format_map(found.groupdict())
    return None


def made_again(path: str) -> bool:
    """Whether a file, named as seen from the folder of the run, is one that Snakemake makes again once it is gone.

    >>> made_again("results/runs/blobs-1/model.safetensors"), made_again("results/mine.json"), made_again("net.json")
    (True, False, False)
    """
    return log_of(path) is not None


def made_since(path: str, moment: float) -> bool:
    """Whether the job that makes a file has run since a moment, in seconds since the epoch."""
    log = Path(log_of(path) or "")
    return log.is_file() and log.stat().st_mtime > moment
