"""Mistakes of a user: one line that names key or file and what is accepted, no traceback, nothing lost."""

import os
from pathlib import Path

import pytest
import yaml
from clones import assert_told, planned_counts

EXPERIMENT = ("experiments", "pooling_geometry")


def nested(path: tuple[str, ...], value: object) -> dict[str, object]:
    for key in reversed(path):
        value = {key: value}
    return value


CONFIGS = {
    "unknown key": ((*EXPERIMENT, "sedes"), 5, "experiments.pooling_geometry.sedes", "did you mean seeds"),
    "unknown top key": (("scal",), "smoke", "scal", "did you mean scale"),
    "negative width": ((*EXPERIMENT, "widths"), [-16], "experiments.pooling_geometry.widths", "greater than or equal"),
    "lr as YAML reads it": ((*EXPERIMENT, "arithmetic", "lr"), "1e-3", "arithmetic.lr", "write 1.0e-3"),
    "geometry": ((*EXPERIMENT, "geometries"), ["squar"], "experiments.pooling_geometry.geometries", "'square'"),
    "image size": ((*EXPERIMENT, "side"), 28, "experiments.pooling_geometry.side", "accepted"),
    "pooling": ((*EXPERIMENT, "poolings"), ["mean"], "experiments.pooling_geometry.poolings", "'average'"),
    "experiment": (("experiments", "pooling_geometri"), {}, "experiments.pooling_geometri", "pooling_geometry"),
    "study": (("experiments", "mine"), {"study": "none"}, "experiments.mine.study", "accepted"),
    "scale": (("scale",), "lptop", "scale", "'smoke', 'laptop', 'paper' or 'images'"),
    "scale of a block": ((*EXPERIMENT, "scales", "huge"), {}, "scales.huge", "smoke, laptop, paper, images"),
    "text for a number": ((*EXPERIMENT, "seeds"), "five", "experiments.pooling_geometry.seeds", "integer"),
    "empty list": ((*EXPERIMENT, "tasks"), [], "experiments.pooling_geometry.tasks", "accepted"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_mistakes(fresh, name):
    path, value, *words = CONFIGS[name]
    fresh.configure(nested(path, value))
    assert_told(fresh.snakemake("-n", ok=False), *words)


def test_config_files_are_told_with_their_lines(fresh):
    (fresh.path / "tiny.yaml").write_text("scale: smoke\ndevice: cpu\nscale: paper\n")
    assert_told(fresh.snakemake("-n", ok=False), "tiny.yaml: scale: appears twice, in lines 1 and 3")
    config = (fresh.path / "config.yaml").read_text()
    (fresh.path / "config.yaml").write_text(f"{config}\nscale: paper\n")
    printed = fresh.run("snakemake", "-n", ok=False).stderr
    assert_told(printed, "config.yaml: scale: appears twice, in lines ", "every key once")
    (fresh.path / "config.yaml").write_text(f"{config}  device: cpu\n")
    assert_told(fresh.run("snakemake", "-n", ok=False).stderr, "config.yaml, line ", "accepted: ")


def test_the_config_s_defaults_and_numbers_of_options(fresh):
    config = yaml.safe_load((fresh.path / "config.yaml").read_text())
    (fresh.path / "config.yaml").write_text(yaml.safe_dump({"experiments": config["experiments"]}))
    changes = (
        "experiments={pooling_geometry: null, recurrent_memory: {widths: [1, 2], reach: [], scales: {smoke: null}}}"
    )
    printed = fresh.run("snakemake", "-n", "--cores", "1", "--config", "scale=smoke", changes).stdout
    assert {"theory", "figure_recurrent_memory"} <= set(planned_counts(printed))
    assert "train" not in planned_counts(printed)
    assert planned_counts(fresh.run("snakemake", "-n", "--cores", "1").stdout)["train"]
    wrong = fresh.convac("plan", "--", "--config", "experiments={recurrent_memory: {widths: [1, x]}}", ok=False)
    assert_told(wrong, 'experiments.recurrent_memory.widths.1: "x" is not accepted')
    assert len(wrong.splitlines()) == 1


def test_what_snakemake_meets_before_the_snakefile(fresh):
    (fresh.path / "tiny.yaml").write_text("scale: smoke\n  device: cpu\n")
    for words, told in (
        (["--config", "scale=smoke", "pooling_geometry"], '--config: "pooling_geometry"; accepted: KEY=VALUE'),
        (["--configfile", "tiny.yaml"], "tiny.yaml, line 2: "),
        (["--configfile", "none.yaml"], "none.yaml: no such file"),
    ):
        for command in ("check", "plan"):
            assert_told(fresh.convac(command, "--", *words, ok=False), told)
    fresh.convac("check", "--", "pooling_geometry", "--config", "scale=smoke")


def test_a_scheduler_that_is_not_there_stops_before_any_job(fresh, tmp_path):
    hidden = tmp_path / "bin"  # what there is of programs, SLURM's left out
    hidden.mkdir()
    for folder in reversed(fresh.environment["PATH"].split(os.pathsep)):
        for program in Path(folder).glob("*"):
            (hidden / program.name).unlink(missing_ok=True)
            if program.name not in {"sbatch", "squeue", "sacct", "scancel", "sinfo"}:
                (hidden / program.name).symlink_to(program)
    words = (
        "snakemake",
        "recurrent_memory",
        "--workflow-profile",
        "workflow/profiles/slurm",
        "--config",
        "scale=smoke",
    )
    # what would run is told without one
    assert "theory" in fresh.run("env", f"PATH={hidden}", *words[:2], "-n", *words[2:]).stdout
    done = fresh.run("env", f"PATH={hidden}", *words, ok=False)
    assert_told(done.stderr, "executor slurm: no sbatch on this machine; accepted: ")
    assert "Error in rule" not in done.stdout + done.stderr
    assert not list(fresh.path.glob("results/theory/*"))


@pytest.mark.parametrize("target", ["pooling_geometri", "no/such/file.pdf"])
def test_unknown_targets(fresh, target):
    assert_told(fresh.snakemake("-n", target, ok=False), target, "unknown target", "pooling_geometry")


def test_results_is_a_file(fresh):
    (fresh.path / "results").unlink(missing_ok=True) if (fresh.path / "results").is_file() else None
    if (fresh.path / "results").is_dir():
        (fresh.path / "results").rename(fresh.path / "kept")
    (fresh.path / "results").write_text("mine")
    assert_told(fresh.snakemake("-n", ok=False), "results: is a file", "a folder")
    assert (fresh.path / "results").read_text() == "mine"


def test_a_missing_notebook_and_a_missing_config(fresh):
    (fresh.path / "notebooks/pooling_geometry.ipynb").unlink()
    assert_told(fresh.snakemake("-n", ok=False), "notebooks/pooling_geometry.ipynb: no such file")
    (fresh.path / "config.yaml").unlink()
    done = fresh.run("snakemake", "-n", ok=False)
    assert_told(done.stdout + done.stderr, "config.yaml", "not present")


DAMAGES = {
    "dataset": ("results/datasets/*/data.safetensors", "train", "results/runs/*arithmetic*/model.safetensors"),
    "model": ("results/runs/*arithmetic*/model.safetensors", "measure", "results/runs/*/entanglement-*.parquet"),
    "history": ("results/runs/*/history.parquet", "collect", "results/smoke/tables/pooling_geometry.parquet"),
    "table": ("results/smoke/tables/pooling_geometry.parquet", "claims", "results/smoke/claims/pooling_geometry.csv"),
}


@pytest.mark.parametrize("damage", ["truncated", "corrupt"])
@pytest.mark.parametrize("kind", DAMAGES)
def test_damaged_files_stop_their_readers_in_one_line(clone, kind, damage):
    pattern, rule, output = DAMAGES[kind]
    victims, made = (sorted(clone.path.glob(each)) for each in (pattern, output))
    # of those that read a neighbour, such as a network that is measured: not all are
    pairs = ((victim, path) for victim in victims for path in made if path.parent == victim.parent)
    victim, path = next(pairs, (victims[0], made[0]))
    target = str(path.relative_to(clone.path))
    content = bytearray(victim.read_bytes())
    if damage == "truncated":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 0xFF
        content[8:12] = b"\x00\xff\x00\xff"
    victim.write_bytes(content)
    others = {
        path: text
        for path, text in clone.files("results/runs/**/*").items()
        if path.split("/")[2] not in {target.split("/")[2], victim.parent.name}
    }
    printed = clone.snakemake(target, "--rerun-triggers", "mtime", "--allowed-rules", rule, ok=False)
    assert_told(printed, str(victim.relative_to(clone.path)), "; expected ", "; delete it and rerun")
    assert {path: text for path, text in clone.files("results/runs/**/*").items() if path in others} == others


def test_a_damaged_checkpoint_is_passed_over(clone):
    model = sorted(clone.path.glob("results/runs/*arithmetic*/model.safetensors"))[0]
    before = model.read_bytes()
    model.unlink()
    (model.parent / "checkpoint.safetensors").write_bytes(b"\x00" * 100)
    clone.snakemake(str(model.relative_to(clone.path)))
    assert model.read_bytes() == before
    assert not (model.parent / "checkpoint.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["train", "--spec", "none.json", "--data", "d", "--model", "m", "--history", "h", "--record", "r"],
            ["none.json"],
        ),
        (["verify", "none.json"], ["none.json", "no such file"]),
        (
            ["collect", "--cells", "none.json", "--table", "t.parquet", "--csv", "t.csv", "--examples", "e.parquet"],
            ["none.json"],
        ),
    ],
)
def test_commands_by_hand(fresh, arguments, words):
    done = fresh.run("convac", *arguments, ok=False)
    assert_told(done.stderr, *words)
    assert len(done.stderr.strip().splitlines()) == 1
