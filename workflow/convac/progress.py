"""How a job reports its progress: lines in its log, and a progress bar when a person runs it by hand."""

import logging
import os
import sys
import time
from collections.abc import Callable

LOG = logging.getLogger("convac")
EVERY = 10.0  # seconds between log lines of a running loop

Report = Callable[[int, str], None]


def silent(done: int, text: str) -> None:
    """A report that goes nowhere."""


def reporter(total: int, unit: str, *, patient: bool = False) -> Report:
    """A function of (items done, short text) that logs at least every 10 s and draws a bar on a terminal or notebook.

    Under Snakemake there is no bar: several jobs share the screen. Every line carries the share that is done, as the
    record's attribute `share`, for whoever follows the log.

    Args:
        total: how many items there are.
        unit: of one of them.
        patient: a part of something larger, and mostly short: nothing is said before the first 10 s are over, and
            its lines carry no share.
    """
    bar = None
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules  # a notebook's stderr is shown, and is no terminal
    if watched and "CONVAC_WORKFLOW" not in os.environ:
        from tqdm import tqdm

        bar = tqdm(total=total, unit=unit, delay=EVERY if patient else 0, leave=not patient)
    started = time.monotonic()
    last = started

    def report(done: int, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if bar is not None:
            bar.set_postfix_str(text)
            bar.update(done - bar.n)
            if done >= total:
                bar.close()
        if now - last >= EVERY or (done >= total and not patient):
            last = now
            left = (now - started) * (total - done) / max(done, 1)
            share = {} if patient else {"share": done / max(total, 1)}
            LOG.info("%d of %d %ss, %s, %.0f s left", done, total, unit, text, left, extra=share)

    return report
