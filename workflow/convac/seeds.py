"""Random streams that depend on names alone, so that no order of jobs, cores or replicas changes a draw."""

import hashlib

import numpy as np


def stream(*names: str | int) -> np.random.Generator:
    """An independent generator for this tuple of names and numbers, e.g. `stream("blobs", 0, "train")`."""
    digest = hashlib.sha256("\0".join(str(name) for name in names).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
