"""A synthetic tidy table with every column, label and quantity of the pooling-geometry experiment."""

import numpy as np
import pandas as pd

COLUMNS = {
    "cell": "string", "task": "string", "network": "string", "initialisation": "string", "geometry": "string",
    "fits": "string", "width": "Int64", "levels": "Int64", "seed": "Int64", "step": "Int64", "phase": "string",
    "level": "Int64",
    "label": "Int64", "example": "Int64", "site": "Int64", "quantity": "string", "value": "float64",
}  # fmt: skip
FITTING = {"closedness": "square", "symmetry": "mirror"}
FINAL = {"ConvAC": (0.95, 0.80), "ConvRect max": (0.96, 0.86), "ConvRect average": (0.95, 0.85)}
COUNT = {"closedness": 0.630, "symmetry": 0.774}


def pooling_table(seeds=5, steps=3000, side=32, deep_widths=(16,), signed=True):
    """The table of a run with `seeds` seeds; accuracies follow typical learning curves."""
    generator = np.random.default_rng(7)
    rows = []
    for task, fitting in FITTING.items():
        rows += _baseline(task) + _pixels(task, side, generator)
        for network, geometry in ((name, geometry) for name in FINAL for geometry in ("square", "mirror")):
            for width in deep_widths:
                final = FINAL[network][fitting != geometry] - 0.08 / width
                run = _labels(task, network, geometry, width, 5)
                rows += _training(run, final, seeds, steps, generator)
                if network == "ConvAC":
                    rows += _windows(run, seeds, geometry == fitting)
        for width in (64, 256):
            run = _labels(task, "shallow ConvAC", "square", width, 1)
            rows += _training(run, COUNT[task] - 0.01, seeds, steps, generator)
    for levels, initialisation in ((level, name) for level in range(1, 7) for name in ("calibrated", "normal")):
        if signed:
            run = _labels("closedness", "ConvAC signed", "square", 16, levels, initialisation=initialisation)
            rows += _signed(run, levels, initialisation == "calibrated", seeds=seeds, steps=steps, generator=generator)
    for task, geometry in (("closedness", "mirror"), ("symmetry", "square"), ("symmetry", "mirror")):
        if signed:
            run = _labels(task, "ConvAC signed", geometry, 16, 5, initialisation="calibrated")
            rows += _training(run, FINAL["ConvAC"][FITTING[task] != geometry], seeds, steps, generator)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _labels(task, network, geometry, width, levels, *, initialisation=""):
    cell = f"{task}-{network}-{geometry}-{width}-{levels}-{initialisation}"
    return {
        "cell": cell, "task": task, "network": network, "initialisation": initialisation,
        "geometry": geometry, "fits": "yes" if FITTING[task] == geometry else "no", "width": width, "levels": levels,
    }  # fmt: skip


def _baseline(task):
    values = {"count_accuracy": COUNT[task], "test_images": 4000.0, "train_images": 20000.0}
    return [{"cell": "blobs", "task": task, "quantity": name, "value": value} for name, value in values.items()]


def _pixels(task, side, generator):
    rows = []
    across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    for label in (0, 1):
        for example in range(6):
            x, y, size = generator.uniform(-0.3, 0.3), generator.uniform(-0.3, 0.3), generator.uniform(0.3, 0.6)
            blob = ((across - x) ** 2 + 2 * (down - y) ** 2 < size**2) & (generator.random((side, side)) > 0.2)
            shared = {"cell": "blobs", "task": task, "label": label, "example": example, "quantity": "pixel"}
            rows += [{**shared, "site": site, "value": float(value)} for site, value in enumerate(blob.ravel())]
    return rows


def _windows(run, seeds, fits):
    value = 0.94 if fits else 0.75
    shared = {**run, "phase": "baseline", "quantity": "window_accuracy"}
    return [{**shared, "seed": seed, "value": value + 0.002 * seed} for seed in range(seeds)]


def _training(run, final, seeds, steps, generator):
    rows = []
    for seed in range(seeds):
        ends = final + generator.normal(0, 0.004)
        for step in [*range(0, steps + 1, steps // 15)]:
            grown = 0.5 + (ends - 0.5) * (1 - np.exp(-6 * step / steps))
            test = grown + generator.normal(0, 0.002)
            values = {
                "test_accuracy": test, "train_accuracy": min(test + 0.015, 1.0),
                "loss": 1.2 * (1 - grown), "log_scale": 3.0 + 0.001 * step,
            }  # fmt: skip
            rows += [{**run, "seed": seed, "step": step, "quantity": k, "value": v} for k, v in values.items()]
    return rows


def _signed(run, levels, calibrated, *, seeds, steps, generator):
    final = (0.62, 0.80, 0.88, 0.93, 0.955, 0.95)[levels - 1] if calibrated or levels == 1 else 0.5
    rows = _training(run, final, seeds, steps, generator)
    for seed in range(seeds):
        for level in range(1, levels + 1):
            scale = generator.normal(0, 0.4) if calibrated else -0.7 * 4 ** (level - 1) + generator.normal(0, 0.4)
            shared = {**run, "seed": seed, "step": 0, "level": level}
            rows.append({**shared, "quantity": "initial_log_scale", "value": abs(scale)})
    return rows
