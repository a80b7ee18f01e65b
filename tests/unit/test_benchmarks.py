"""What jobs will take, by what others took here."""

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from convac.commands.plan import duration, summary
from convac.planning.benchmarks import ALIKE, HELD_UP, LONG, Timings
from convac.planning.plan import Plan

CONFIG = Path(__file__).parents[2] / "config.yaml"
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def wrote(folder, rule, name, seconds):
    """A benchmark as Snakemake writes it; of a job too short to be looked at it knows the seconds alone."""
    path = Path(folder, rule, f"{name}.tsv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{seconds}\t0:00:00" + "\tNA" * 8 + "\n")


def estimate(rule, name):
    """Jobs are named after what is expected of them."""
    return (float(name), rule) if rule in {"train", "theory"} else None


def test_without_benchmarks_what_is_expected_holds(tmp_path):
    for folder in (tmp_path, tmp_path / "nothing"):
        assert Timings(estimate, str(folder)).seconds("train", "8") == 8.0
        assert Timings(estimate, str(folder)).seconds("spec", "8") is None


def test_a_job_takes_what_it_took_and_others_follow_their_kind_and_size(tmp_path):
    wrote(tmp_path, "train", "10", 30)
    wrote(tmp_path, "train", "30", 60)
    wrote(tmp_path, "train", "1000", 10)
    wrote(tmp_path, "spec", "1", 100)
    timings = Timings(estimate, str(tmp_path))
    assert timings.seconds("train", "10") == 30
    assert timings.seconds("train", "20") == pytest.approx(20 * 90 / 40)
    assert timings.seconds("train", "1") == 1.0  # none of its size
    assert timings.seconds("train", str(1000 * ALIKE)) == pytest.approx(10 * ALIKE)
    assert timings.seconds("theory", "20") == 20
    assert timings.seconds("spec", "1") is None


@pytest.mark.parametrize(
    "content", ["", HEADER, f"{HEADER}NA\t0:00:00\n", f"{HEADER}nan\t\n", f"{HEADER}-1\t\n", "\xff"]
)
def test_what_is_damaged_does_not_count(tmp_path, content):
    wrote(tmp_path, "train", "10", 20)
    (tmp_path / "train/20.tsv").write_text(content, encoding="latin-1")
    assert Timings(estimate, str(tmp_path)).seconds("train", "20") == 40.0


def test_a_machine_that_slept_does_not_count_in_full(tmp_path):
    wrote(tmp_path, "train", "100", 28800)
    wrote(tmp_path, "train", "1", 28800)
    wrote(tmp_path, "theory", "1", 60)  # a machine that does much else
    timings = Timings(estimate, str(tmp_path))
    assert timings.seconds("train", "100") == 100 * HELD_UP
    assert timings.seconds("train", "1") == LONG
    assert timings.seconds("theory", "1") == 60


@given(st.floats(0.2, 5.0), st.integers(0, 1000))
def test_a_plan_is_right_within_a_half_once_its_kinds_have_run(tmp_path_factory, pace, seed):
    """Jobs of a machine of another pace, each off by up to a third: half of them tell of the others."""
    folder, drawn = tmp_path_factory.mktemp("benchmarks"), random.Random(seed)
    real = {str(2 + number): (2 + number) * pace * drawn.uniform(0.75, 1.33) for number in range(40)}
    for name in list(real)[::2]:
        wrote(folder, "train", name, real[name])
    timings = Timings(estimate, str(folder))
    planned = sum(timings.seconds("train", name) for name in real)
    assert 1 / 1.5 < planned / sum(real.values()) < 1.5


def test_the_jobs_of_a_workload_take_what_they_took(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = Plan(yaml.safe_load(CONFIG.read_text()))
    cells = [job.name for job in plan.jobs("laptop", "missing_data") if job.rule == "train"]
    before = plan.describer("laptop")
    path = f"results/benchmarks/train/{cells[0]}.tsv"
    files = (["results/a"], ["results/logs/a.log"], path)
    expected = before("train", {"cell": cells[0]}, *files).seconds
    wrote("results/benchmarks", "train", cells[0], 2 * expected)
    after = plan.describer("laptop")("train", {"cell": cells[0]}, *files)
    assert after.seconds == pytest.approx(2 * expected, abs=0.2)
    assert (after.rule, after.name, after.experiments) == ("train", cells[0], ("missing_data",))
    figure = plan.describer("laptop")(
        "figure_min_cut", {"scale": "laptop"}, ["a"], ["b", "c"], "x/figure/laptop-min_cut.tsv"
    )
    assert (figure.experiments, figure.output, figure.log) == (("min_cut",), "a", "c")
    assert figure.seconds > 1


def test_minutes_are_those_of_so_many_cores():
    jobs = [{"rule": "train", "seconds": 60.0, "mem_mb": 500 + number, "disk_mb": 2} for number in range(8)]
    assert duration(jobs, 2) == "8 jobs, about 4 min on 2 cores (8 min of one core)"
    assert duration(jobs, 100) == "8 jobs, about 1 min on 100 cores (8 min of one core)"
    assert duration([{"seconds": 600.0}, *jobs], 4) == "9 jobs, about 10 min on 4 cores (18 min of one core)"
    assert summary(jobs).to_dict("records") == [
        {"rule": "train", "jobs": 8, "minutes": 8.0, "MB memory each": 507, "MB disk": 16}
    ]


def test_the_default_run_is_planned_as_it_was_seen():
    """A run at laptop scale takes about 60 core-minutes."""
    plan = Plan(yaml.safe_load(CONFIG.read_text()))
    jobs = dict.fromkeys(job for name in plan.experiments for job in plan.jobs("laptop", name))
    names = ["-".join(filter(None, ("laptop" * (job.rule == "figure"), job.name, job.number))) for job in jobs]
    minutes = sum(plan.expected(job.rule, name)[0] for job, name in zip(jobs, names, strict=True)) / 60
    assert 60 / 1.5 < minutes < 3 * 60
