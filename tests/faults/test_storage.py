"""A disk that is full and folders that take no files: one line that says so, nothing lost, and a plain rerun ends."""

import shutil
from pathlib import Path

import pytest
from clones import Clone, assert_told
from harness import assert_no_half_result, assert_undisturbed, can_mount, mount, mounted, names

FULL = [30, 60, 85]  # percent of the space that the whole run takes


@pytest.fixture
def mounts(tmp_path: Path) -> None:
    """Skips where nothing can be mounted."""
    (tmp_path / "mount").mkdir()
    if not can_mount(tmp_path / "mount"):
        pytest.skip("mounting a small file system takes root, and a container that allows it")


def kilobytes(clone: Clone) -> int:
    """Space that the results take where every file starts a page of 4 KB."""
    files = [path for path in (clone.path / "results").rglob("*") if "reference" not in path.parts]
    return sum(4 * (1 + path.stat().st_size // 4096) for path in files)


@pytest.mark.usefixtures("mounts")
def test_a_job_meets_a_full_disk(clone):
    cells, target = clone.path / "results/smoke/tables/recurrent_memory.cells.json", clone.path / "results/full"
    target.mkdir()
    with mounted(target, "-t", "tmpfs", "-o", "size=4k", "tmpfs"):
        words = ["--cells", str(cells), "--table", f"{target}/t.parquet", "--csv", f"{target}/t.csv"]
        words += ["--examples", f"{target}/e.parquet"]
        assert_told(clone.convac("collect", *words, ok=False), "t.parquet: can't be written: No space left on device")
        assert clone.files("results/full/*") == {}


@pytest.mark.long
@pytest.mark.usefixtures("mounts")
def test_a_disk_full_of_figures(clone, undisturbed):
    results, aside = clone.path / "results", clone.path / "aside"
    for folder in ("smoke/figures", "smoke/notebooks", "reference"):
        shutil.rmtree(results / folder)
    space = kilobytes(clone) + 50
    results.rename(aside)
    results.mkdir()
    with mounted(results, "-t", "tmpfs", "-o", f"size={space}k", "tmpfs"):
        shutil.copytree(aside, results, dirs_exist_ok=True)
        figure = "results/smoke/figures/recurrent_memory.pdf"
        assert_told(clone.snakemake(figure, ok=False), "No space left on device")
        assert_no_half_result(clone, undisturbed)
        mount(results, "-o", "remount,size=64m")
        clone.snakemake(figure)
        assert clone.files(figure) == undisturbed.files(figure)


@pytest.mark.long
@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("percent", FULL)
def test_a_full_disk(fresh, undisturbed, percent):
    results = fresh.path / "results"
    shutil.rmtree(results)
    results.mkdir()
    with mounted(results, "-t", "tmpfs", "-o", f"size={kilobytes(undisturbed) * percent // 100}k", "tmpfs"):
        assert_told(fresh.snakemake(ok=False), "No space left on device")
        assert_no_half_result(fresh, undisturbed)
        before = names(fresh)
        mount(results, "-o", "remount,size=64m")
        fresh.snakemake()
        assert before <= names(fresh)
        assert_undisturbed(fresh, undisturbed)


@pytest.mark.usefixtures("mounts")
def test_results_that_cannot_be_written(clone):
    (clone.path / "results/smoke/figures/recurrent_memory.pdf").unlink()
    before = clone.files()
    with mounted(clone.path / "results", "--bind", "-o", "ro", str(clone.path / "results")):
        assert_told(clone.snakemake(ok=False), "results: can't be written")
        assert "Nothing to be done" in clone.snakemake("-n", "results/smoke/claims.csv")  # looking is free
        for look in ("--dag", "--rulegraph", "--summary", "--list-rules"):
            clone.snakemake(look)
    assert clone.files() == before


@pytest.mark.usefixtures("mounts")
def test_a_checkout_that_cannot_be_written(fresh):
    with mounted(fresh.path, "--bind", "-o", "ro", str(fresh.path)):
        for arguments in ([], ["-n"]):
            assert_told(fresh.snakemake(*arguments, ok=False), "this folder can't be written; accepted: ")


@pytest.mark.usefixtures("mounts")
def test_a_job_meets_a_folder_that_cannot_be_written(clone):
    table = clone.path / "results/smoke/tables/recurrent_memory"
    cells, target = f"{table}.cells.json", clone.path / "results/smoke/claims"
    before = clone.files()
    with mounted(target, "--bind", "-o", "ro", str(target)):
        written = f"{target}/recurrent_memory"
        words = [
            "collect",
            "--cells",
            cells,
            "--table",
            f"{written}.parquet",
            "--csv",
            f"{written}.csv",
            "--examples",
            f"{written}-examples.parquet",
        ]
        line = assert_told(
            clone.convac(*words, ok=False), f"{written}.parquet: can't be written: Read-only file system"
        )
        assert line.startswith("convac: ")
    assert clone.files() == before
