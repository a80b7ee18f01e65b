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
    # of the root law nothing is known beforehand but that it is one among several
    *(f"depth-channels-{name}" for name in ("root", "exact", "weights", "product", "rectifier")),
    "architecture-advice",  # of networks, which a few steps don't train
    "dynamics",  # what gradient descent does in a few hundred steps
    "min-cut-mixed",
    "min-cut-node-bridges",
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
    "overlaps-prediction-narrow",
    *(f"architecture-advice-{name}" for name in ("permuted", "widths-wide")),
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
    listed = "depth_channels depth_efficiency dynamics information_scaling min_cut overlaps recurrent_memory"
    assert ["architecture_advice", *listed.split(), "target_entropy"] == THEORY


@every_study
def test_rows_have_a_key_and_known_quantities(study):
    made = table(study)
    keys = [column for column in made.columns if column != "value"]
    assert not made.duplicated(keys).any()
    assert made["value"].notna().all()
    assert set(made["quantity"]) <= set(QUANTITIES)
    assert {"cell", "seed", "quantity", "value"} <= set(made.columns)
    assert "seed" in COLUMNS


@every_study
def test_the_same_spec_gives_the_same_rows(study):
    cell = cells(study)[0]
    compute = importlib.import_module(cell.spec.modules[-1]).compute
    pd.testing.assert_frame_equal(compute(cell.spec), compute(cell.spec))


@every_study
def test_bounds_hold_at_smoke_scale(study):
    verdicts = evaluate_all(claims_of(study), table(study)).set_index("id")["verdict"]
    for name, verdict in verdicts.items():
        if not name.startswith(OPEN_ENDED) and verdict != "not run":
            assert verdict == "reproduced", name
        assert verdict != "not run" or name.startswith(BEYOND_SMOKE), name


@every_study
@pytest.mark.filterwarnings("ignore:Glyph")
def test_figures_are_legible(study):
    module, plotting = study_module(study), importlib.import_module(f"convac.experiments.{study}.figures")
    figures = plotting.draw(table(study), evaluate_all(claims_of(study), table(study)))
    assert set(figures) == set(module.FIGURES)
    for part, figure in figures.items():
        assert checks.problems(figure) == [], part
    empty = plotting.draw(table(study).iloc[:0], pd.DataFrame())
    assert set(empty) == set(module.FIGURES)
    assert set(plotting.draw(pd.DataFrame(), pd.DataFrame())) == set(module.FIGURES)


@every_study
@pytest.mark.parametrize("scale", ["laptop", "paper"])
def test_larger_scales_are_cells_of_their_own(study, scale):
    specs = [cell.spec for cell in cells(study, scale)]
    assert len(set(map(str, specs))) == len(specs)
    assert specs != [cell.spec for cell in cells(study)]
