"""Where results stand: the outputs of every rule, built on `convac.specs.results`, and the log of the job of each.

Words in braces are wildcards, which Snakemake fills in as a rule's and `filled` as a job's. Snakemake makes an output
again once it is gone; a job rewrites its log whenever it runs.
"""

import os
import re
from pathlib import Path

from convac.specs.dataset import DOWNLOADED
from convac.specs.own_images import OWN
from convac.specs.results import CLAIMS, EXAMPLES, REFERENCE, RESULTS, RUN, SCALE, TABLE, filled

IMAGES = "images"  # the scale of images.yaml, whose reference is another run's and lies apart
REDRAWN = ("redrawn", f"redrawn-{IMAGES}")  # scales of figures that are drawn from the committed tables of either
BENCHMARKS = f"{RESULTS}/benchmarks"
WORKLOADS = f"{RESULTS}/logs/workload"
WILDCARDS = {
    "scale": "|".join(("smoke", "laptop", "paper", IMAGES, *REDRAWN)),
    "experiment": "[a-z][a-z0-9_]*",
    "part": r"(-[\w-]+)?",
    "suffix": "svg|pdf|png",
    "room": "datasets|runs|theory",
    "job": "[a-z0-9-]+",
    "dataset": "[a-z0-9-]+",
    "cell": "[a-z0-9-]+",
    "digest": "[0-9a-f]{8}",
    "source": "|".join(DOWNLOADED),
    "own": OWN,
}

DOWNLOADS = f"{RESULTS}/downloads/{{source}}"
OWN_IMAGES = f"{RESULTS}/downloads/{{own}}"
SPEC = f"{RESULTS}/{{room}}/{{job}}/spec.json"

DATASET = f"{RESULTS}/datasets/{{dataset}}"
DATA, SUMMARY, DATA_RECORD = (f"{DATASET}/{file}" for file in ("data.safetensors", "summary.parquet", "run.json"))

MODEL, HISTORY, RUN_RECORD = (f"{RUN}/{file}" for file in ("model.safetensors", "history.parquet", "run.json"))
MEASURED, MEASURED_RECORD = (f"{RUN}/entanglement-{{digest}}.{suffix}" for suffix in ("parquet", "json"))

THEORY = f"{RESULTS}/theory/{{cell}}"
THEORY_TABLE, THEORY_RECORD = (f"{THEORY}/{file}" for file in ("table.parquet", "run.json"))

CELLS, TABLE_CSV = (f"{SCALE}/tables/{{experiment}}.{suffix}" for suffix in ("cells.json", "csv"))
NOTEBOOK, FIGURE_RECORD = (f"{SCALE}/notebooks/{{experiment}}.{suffix}" for suffix in ("ipynb", "run.json"))
FIGURE = f"{SCALE}/figures/{{experiment}}{{part}}.{{suffix}}"
PAGE = f"{SCALE}/pages/{{experiment}}.html"
LEDGER_CSV, LEDGER, LEDGER_PAGE = (f"{SCALE}/claims.{suffix}" for suffix in ("csv", "md", "html"))
COMPARISON_CSV, COMPARISON = (f"{SCALE}/comparison.{suffix}" for suffix in ("csv", "md"))
EXPLORER = f"{SCALE}/explorer.html"
MANIFEST = f"{SCALE}/manifest.json"

# outputs by their rule and what tells its jobs apart, the name of their log and benchmark
OUTPUTS = {
    "download/{source}": (f"{DOWNLOADS}/record.json",),
    "images/{own}": (f"{OWN_IMAGES}/record.json", f"{OWN_IMAGES}/images.safetensors"),
    "spec/{room}-{job}": (SPEC,),
    "dataset/{dataset}": (DATA, SUMMARY, DATA_RECORD),
    "train/{cell}": (MODEL, HISTORY, RUN_RECORD),
    "measure/{cell}-{digest}": (MEASURED, MEASURED_RECORD),
    "theory/{cell}": (THEORY_TABLE, THEORY_RECORD),
    "cells/{scale}-{experiment}": (CELLS,),
    "collect/{scale}-{experiment}": (TABLE, TABLE_CSV, EXAMPLES),
    "claims/{scale}-{experiment}": (CLAIMS,),
    "figure/{scale}-{experiment}": (NOTEBOOK, FIGURE_RECORD, FIGURE),
    "ledger/{scale}": (PAGE, LEDGER_CSV, LEDGER, LEDGER_PAGE),
    "explorer/{scale}": (EXPLORER,),
    "comparison/{scale}": (COMPARISON_CSV, COMPARISON),
    "manifest/{scale}": (MANIFEST,),
}


def reference(scale: str) -> str:
    """The folder of the committed run that results of a scale are compared with, taken as, or redrawn from.

    >>> reference("laptop"), reference(redrawn("images"))
    ('results/reference', 'results/reference/images')
    """
    return f"{REFERENCE}/{IMAGES}" if scale in {IMAGES, REDRAWN[1]} else REFERENCE


def redrawn(scale: str) -> str:
    """What stands in a scale's place where its figures are drawn from the committed tables.

    >>> redrawn("smoke"), redrawn("images")
    ('redrawn', 'redrawn-images')
    """
    return REDRAWN[scale == IMAGES]


def log(job: str, suffix: str = "log") -> str:
    """The log of a job by its name in `OUTPUTS`."""
    return f"{RESULTS}/logs/{job}.{suffix}"


def benchmark(job: str) -> str:
    """What Snakemake times a job at, by its name in `OUTPUTS`."""
    return f"{BENCHMARKS}/{job}.tsv"


def pattern(template: str) -> re.Pattern[str]:
    """What matches the paths of a template, with a group for each wildcard."""
    parts = re.split(r"{(\w+)}", template)
    fixed, names = parts[::2], parts[1::2]
    wild = [*(f"(?P<{name}>{WILDCARDS[name]})" for name in names), ""]
    return re.compile("".join(re.escape(text) + group for text, group in zip(fixed, wild, strict=True)))


PATTERNS = [(pattern(template), job) for job, templates in OUTPUTS.items() for template in templates]


def log_of(path: str) -> str | None:
    """The log of the job that makes a file, named as seen from the folder of the run; None for a file of no job.

    >>> log_of("results/smoke/figures/min_cut-deficits.pdf"), log_of("results/mine.json")
    ('results/logs/figure/smoke-min_cut.log', None)
    """
    plain = os.path.relpath(path).replace(os.sep, "/")
    for template, job in PATTERNS:
        if found := template.fullmatch(plain):
            return log(filled(job, **found.groupdict()))
    return None


def made_again(path: str) -> bool:
    """Whether a file, named as seen from the folder of the run, is one that Snakemake makes again once it is gone.

    >>> made_again("results/runs/blobs-1/model.safetensors"), made_again("results/mine.json"), made_again("net.json")
    (True, False, False)
    """
    return log_of(path) is not None


def made_since(path: str, moment: float) -> bool:
    """Whether the job that makes a file has run since a moment, in seconds since the epoch."""
    log_file = Path(log_of(path) or "")
    return log_file.is_file() and log_file.stat().st_mtime > moment
