"""How the start-end rank of two layers grows with the length of the sequence, exactly and for long sequences.

Source: 1710.09431 (the start-end separation rank of two layers grows as a power of the length, R − 1).
"""

import math
from collections.abc import Iterator
from typing import Any

from convac.circuits.recurrent import RecurrentShape
from convac.entanglement.certificates import certificate
from convac.experiments.recurrent_memory.jobs import Growth
from convac.progress import reporter


def growth(job: Growth) -> Iterator[dict[str, Any]]:
    """Exact ranks at every length and, from the second on, the exponent of T between the length before and this one.

    The M^(T/2) sequences are far too many to be listed: a nonsingular minor of some of them meets an upper bound
    (`convac.entanglement.certificates`). The exponent is ln(rank / rank before) / ln 2, here in units of R − 1.
    """
    report, before = reporter(len(job.steps), "length"), 0
    for number, steps in enumerate(job.steps, start=1):
        rank = certificate(RecurrentShape(steps, 2, job.width, job.local_dimension))["rank"]
        labels = {"local_dimension": job.local_dimension, "width": job.width, "steps": steps, "seed": 0}
        labels["longest"] = number == len(job.steps)
        values = {"certified_rank": float(rank)}
        if before:
            values["growth_exponent"] = math.log2(rank / before) / (job.width - 1)
            values["growth_law"] = 1.0
        for quantity, value in values.items():
            yield {**labels, "quantity": quantity, "value": value}
        before = rank
        report(number, f"T={steps}, rank {rank}")
