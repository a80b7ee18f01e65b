"""A sweep as a user types it: variants, one run, one tidy table, one curve; the second time nothing runs."""

import pandas as pd
import yaml

STEM = "results/smoke/sweeps/pooling_geometry-widths"
COMMAND = ("sweep", "pooling_geometry", "widths=2,4", "seeds=1", "--cores", "1")


def test_a_sweep_ends_in_one_table_and_one_curve(clone):
    config = clone.path / "config.yaml"
    whole = yaml.safe_load(config.read_text())
    tiny = yaml.safe_load((clone.path / "tiny.yaml").read_text())
    block = whole["experiments"]["pooling_geometry"]
    block["scales"]["smoke"].update(tiny["experiments"]["pooling_geometry"]["scales"]["smoke"])
    config.write_text(yaml.safe_dump({**whole, "scale": "smoke"}))

    printed = clone.convac(*COMMAND)
    assert "2 variants" in printed
    assert "convac: done" in printed
    table = pd.read_parquet(clone.path / f"{STEM}.parquet")
    assert next(iter(table)) == "sweep_widths"
    for width in (2, 4):
        single = pd.read_parquet(clone.path / f"results/smoke/tables/pooling_geometry_widths_{width}.parquet")
        assert (table["sweep_widths"] == width).sum() == len(single)
        deep = table[(table["sweep_widths"] == width) & (table["network"] == "ConvAC")]
        assert set(deep["width"]) == {width}
    assert len(pd.read_csv(clone.path / f"{STEM}.csv")) == len(table)
    for suffix in ("svg", "pdf", "png"):
        assert (clone.path / f"{STEM}.{suffix}").stat().st_size > 1000
    text = (clone.path / f"{STEM}.svg").read_text()
    assert "ConvAC" in text
    assert "shallow" not in text  # its width is none of the sweep's

    again = clone.convac(*COMMAND, "--quantity", "train_accuracy")
    assert "Nothing to be done" in again
    assert "train_accuracy by widths" in again
    refused = clone.convac(*COMMAND, "--quantity", "accuracy", ok=False)
    assert '--quantity: "accuracy" is unknown; did you mean test_accuracy?' in refused.splitlines()[-1]
    assert "Traceback" not in refused
