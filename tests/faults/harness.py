"""Runs that are disturbed, and what must hold of their results whatever happened."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from clones import Clone

# what tells of the run and not of its numbers: times, versions, hashes of such files; logs may end anywhere
TOLD = re.compile(r"[/.]run\.json$|/entanglement-\w+\.json$|\.ipynb$|/manifest\.json$")
# files of a run that goes on, and what a kill leaves of them: never under the name of a result
PASSING = re.compile(r"\.part$|/checkpoint\.safetensors$|/\.[^/]+$")
PATIENCE = 300.0  # seconds


def names(clone: Clone) -> set[str]:
    """Paths of all results; logs and what is committed left out."""
    found = {str(path.relative_to(clone.path)) for path in clone.path.glob("results/**/*") if path.is_file()}
    return {path for path in found if not re.search("/(logs|benchmarks|reference)/", path)}


def numbers(clone: Clone) -> dict[str, bytes]:
    """Content of every result that follows from the config alone, by path; what jobs still write is passed over."""
    found = [path for path in names(clone) if not TOLD.search(path) and not PASSING.search(path)]
    return {path: (clone.path / path).read_bytes() for path in found}


def assert_no_half_result(clone: Clone, undisturbed: Clone) -> None:
    """Whatever stands under the name of a result is that result, to the last byte."""
    whole = numbers(undisturbed)
    for path, content in numbers(clone).items():
        assert path in whole, f"{path}: no result of the undisturbed run"
        assert content == whole[path], f"{path}: {len(content)} bytes, {len(whole[path])} undisturbed"


def assert_undisturbed(clone: Clone, undisturbed: Clone) -> None:
    """The run has ended in the undisturbed run's results, no more and no fewer, and its manifest vouches for them."""
    assert names(clone) == names(undisturbed)
    assert numbers(clone) == numbers(undisturbed)
    assert "files as written" in clone.convac("verify")


def started(clone: Clone, *arguments: str) -> subprocess.Popen[bytes]:
    """Snakemake, running in the clone."""
    return begun(clone, "snakemake", *arguments, "--cores", "2", "--configfile", "tiny.yaml")


def begun(clone: Clone, *command: str) -> subprocess.Popen[bytes]:
    """A command, running in the clone; what it prints goes to the file `printed`."""
    with (clone.path / "printed").open("ab") as printed:
        return subprocess.Popen(command, cwd=clone.path, env=clone.environment, stdout=printed, stderr=printed)


def resume(clone: Clone, *targets: str) -> subprocess.Popen[bytes]:
    """What `make resume` does; its last command goes on running."""
    clone.convac("orphans", "--wait")
    clone.run("snakemake", "--unlock")
    return started(clone, *targets, "--rerun-incomplete")


def waited(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def jobs(snakemake: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Processes below Snakemake: the shells of its jobs, the jobs, and kernels of notebooks."""
    try:
        return psutil.Process(snakemake.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def commands(snakemake: subprocess.Popen[bytes]) -> str:
    """Command lines of the processes below Snakemake."""
    found = []
    for process in jobs(snakemake):
        with suppress(psutil.NoSuchProcess):
            found.append(" ".join(process.cmdline()))
    return "\n".join(found)


def stopped(snakemake: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes below Snakemake, all stopped, those too that the others have begun meanwhile."""
    found: list[psutil.Process] = []
    while fresh := [process for process in jobs(snakemake) if process not in found]:
        for process in fresh:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        found += fresh
    return found


def is_alive(process: psutil.Process) -> bool:
    """Whether a process hasn't ended; one that nobody has waited for yet is still listed."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(process: int) -> None:
    """SIGKILL, which no process can answer; one that has just ended is as good as killed."""
    try:
        psutil.Process(process).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


@contextmanager
def stopped_afterwards(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Nothing of a process is left when the block ends, however it ends."""
    try:
        yield process
    finally:
        for child in jobs(process):
            kill(child.pid)
        process.kill()
        process.wait()


def printed(clone: Clone) -> str:
    """What the runs in the clone have printed."""
    return (clone.path / "printed").read_text()


def mount(target: Path, *options: str) -> None:
    """Mount something at a folder, or change what is mounted there."""
    subprocess.run(["mount", *options, str(target)], check=True)


@contextmanager
def mounted(target: Path, *options: str) -> Iterator[None]:
    """Something mounted at a folder while the block runs."""
    mount(target, *options)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(target)], check=True)


def can_mount(folder: Path) -> bool:
    """Whether this process may mount file systems: it takes root, and a container that allows it."""
    try:
        with mounted(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
