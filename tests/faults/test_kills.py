"""SIGKILL at random moments, of a job or of Snakemake itself: nothing half-written, and the same tables in the end."""

import time
from contextlib import suppress
from subprocess import Popen

import numpy as np
import psutil
import pytest
from clones import Clone
from harness import (
    assert_no_half_result,
    assert_undisturbed,
    is_alive,
    jobs,
    kill,
    names,
    printed,
    resume,
    started,
    stopped,
    stopped_afterwards,
    waited,
)

from convac.seeds import stream

KILLS = 4  # in one run, one after the other
CHAINS = 6  # such runs in the long form, the first one in the short form
SHARE = 0.6  # of the results; past it a run may end before it is killed
LEDGER = "results/smoke/claims.csv"  # the short form stops here: figures would take half of its time


def moments(chain: int, whole: int) -> list[tuple[str, int, float]]:
    """Who is killed, once how many results are there, and how many seconds later."""
    generator = stream("kills", chain)
    counts = np.sort(generator.choice(np.arange(1, int(SHARE * whole)), KILLS, replace=False))
    victims = generator.permutation(["snakemake", "job"] * (KILLS // 2))
    return [
        (str(victim), int(count), float(generator.uniform(0, 1))) for victim, count in zip(victims, counts, strict=True)
    ]


def disturb(clone: Clone, run: Popen[bytes], victim: str, count: int, later: float, generator: np.random.Generator):
    """Kill Snakemake, or one of the processes below it, once so many results are there."""
    waited(lambda: (len(names(clone)) >= count and jobs(run) != []) or run.poll() is not None)
    time.sleep(later)
    assert run.poll() is None, printed(clone)[-3000:]
    # stopped first: one that ends by itself just then would be killed in vain, and the run would end well
    below = [process for process in stopped(run) if is_alive(process)]
    kill(int(generator.choice([process.pid for process in below])) if victim == "job" and below else run.pid)
    for process in below:
        with suppress(psutil.NoSuchProcess):
            process.resume()
    run.wait()


@pytest.mark.parametrize("chain", [0, *(pytest.param(chain, marks=pytest.mark.long) for chain in range(1, CHAINS))])
def test_killed_again_and_again(fresh, undisturbed, chain, long):
    targets = [] if long else [LEDGER]
    awaited = [path for path in names(undisturbed) if long or not path.startswith("results/smoke/")]
    generator, begin = stream("victims", chain), started
    for victim, count, later in moments(chain, len(awaited)):
        with stopped_afterwards(begin(fresh, *targets)) as run:
            disturb(fresh, run, victim, count, later, generator)
        assert run.returncode or victim == "job"  # one that had written all it was to write is killed in vain
        assert_no_half_result(fresh, undisturbed)  # while orphans still write
        if not run.returncode:
            break
        begin = resume
    with stopped_afterwards(resume(fresh, *targets)) as run:
        assert run.wait() == 0
    assert_no_half_result(fresh, undisturbed)
    for pattern in ("tables/*.parquet", "tables/*.csv", "examples/*", "claims/*", "claims.csv"):
        assert fresh.files(f"results/smoke/{pattern}") == undisturbed.files(f"results/smoke/{pattern}") != {}
    if long:
        assert_undisturbed(fresh, undisturbed)
