"""Every experiment without training, at smoke scale: from its block to table, verdicts and figures."""

import importlib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import yaml

from convac.claims.verdicts import evaluate_all
from convac.experiments.discovery import claims_of, studies, study_module
from convac.planning.config import scaled
from convac.plotting import checks
from convac.specs.job import JobSpec
from convac.specs.parsing import parse
from convac.specs.tables import COLUMNS, QUANTITIES, tidy

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())["experiments"]


def cells(study, scale="smoke"):
    module = study_module(study)
    return module.cells(parse(module.Block, scaled(CONFIG[study], scale), study))


THEORY = [study for study in studies() if all(isinstance(cell.spec, JobSpec) for cell in cells(study))]
# Claims that are known to fail, and statements about large sizes or large samples.
OPEN_ENDED = (
    "architecture-advice",  # of networks, which a few steps don't train
    # of the root law nothing is known beforehand but that it is one among several
    *(f"depth-channels-{name}" for name in ("root", "exact", "weights", "product", "rectifier")),
    "dynamics",  # what gradient descent does in a few hundred steps
    "min-cut-mixed",
    "min-cut-symmetric-equal",
    "overlaps-front-shared",
    "overlaps-volume",
    "overlaps-square-machine",
    "target-entropy-class",
    "target-entropy-exponent",
    "target-entropy-percolation-rank",
    "target-entropy-unqualified",
    *(f"information-scaling-{name}" for name in ("1-discrete", "2-either", "29-consistent", "32-invertible")),
    *(f"information-scaling-{name}" for name in ("33-uniform", "35-uniform", "48-uniform", "assumption-1", "36-49")),
    *(
        f"information-scaling-{name}-{average}"
        for name in ("3", "29", "19-root", "19-components", "22")
        for average in ("uniform", "maximum")
    ),
)
# A first layer narrower than the others; networks so deep, or so well fitted that they reach every bar.
BEYOND_SMOKE = (
    *(f"architecture-advice-{name}" for name in ("permuted", "widths-wide")),
    "overlaps-prediction-narrow",
    "dynamics",  # one task, and steps that leave most of its error
    *(f"depth-channels-{network}-exponent" for network in ("product", "rectifier")),
)
every_study = pytest.mark.parametrize("study", THEORY)


@cache
def table(study):
    parts = [
        importlib.import_module(cell.spec.modules[-1]).compute(cell.spec).assign(cell=str(number), **cell.labels)
        for number, cell in enumerate(cells(study))
    ]
    return tidy(pd.concat(parts, ignore_index=True))


def test_which_there_are():
    listed = "depth_channels depth_efficiency information_scaling min_cut overlaps recurrent_memory target_entropy"
    assert ["architecture_advice", *listed.split()] == THEORY
