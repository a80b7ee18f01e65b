"""What jobs took on this machine, by the benchmarks that Snakemake wrote of them, and what others will take by that."""

import csv
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from convac.errors import FileError
from convac.files import naming
from convac.planning.paths import BENCHMARKS

ALIKE = 4.0  # by which factor jobs of a kind may differ in what is expected for one to tell of the other
# beyond so many seconds, and so many times what is expected, a job was held up: the machine slept
LONG, HELD_UP = 300.0, 10.0

# expected seconds of a job, and its kind, whose jobs err alike, by the folder and name of its benchmark; None: unknown
Estimate = Callable[[str, str], tuple[float, str] | None]


def whole_seconds(path: Path) -> float | None:
    """What Snakemake timed a job at; None without a benchmark.

    Raises:
        FileError: the file is damaged.
    """
    return measured(path, "s")


def core_seconds(path: Path) -> float | None:
    """Processor time of a job, which other work on the machine doesn't lengthen; None without a benchmark.

    Raises:
        FileError: the file is damaged.
    """
    return measured(path, "cpu_time")


def measured(path: Path, column: str) -> float | None:
    """A number of a benchmark that Snakemake wrote; None without a file."""
    if not path.is_file():
        return None
    with naming(path, "a benchmark of Snakemake"), path.open(encoding="utf-8", newline="") as file:
        return float(next(csv.DictReader(file, delimiter="\t"))[column])


class Timings:
    """Seconds that finished jobs took, as corrections of what is expected of others.

    Args:
        estimate: what is expected.
        folder: of the benchmarks. Damaged ones, and those of jobs that are unknown by now, don't count.
    """

    def __init__(self, estimate: Estimate, folder: str = BENCHMARKS) -> None:
        self.estimate = estimate
        self.own: dict[tuple[str, str], float] = {}
        self.kinds: dict[str, list[tuple[float, float]]] = defaultdict(list)  # expected and seen
        for path in sorted(Path(folder).glob("*/*.tsv")):
            key = path.parent.name, path.stem
            seconds = None
            with suppress(FileError):
                seconds = whole_seconds(path)
            found = estimate(*key)
            if found and seconds is not None and seconds > 0:
                expected, kind = found
                self.own[key] = min(seconds, max(LONG, HELD_UP * expected))
                self.kinds[kind].append((expected, self.own[key]))

    def seconds(self, rule: str, name: str) -> float | None:
        """Seconds that a job will take: its own of last time, else what is expected at the pace of those like it.

        Args:
            rule: the folder of its benchmark.
            name: and its name.

        Returns:
            None for a job that is unknown.
        """
        found = self.estimate(rule, name)
        if found is None or (rule, name) in self.own:
            return self.own.get((rule, name))
        expected, kind = found
        alike = [pair for pair in self.kinds.get(kind, ()) if 1 / ALIKE <= pair[0] / expected <= ALIKE]
        planned, seen = (sum(each) for each in zip(*alike, strict=True)) if alike else (1.0, 1.0)
        return expected * seen / planned
