"""Random streams that depend on names alone, so that no order of jobs, cores or replicas changes a draw."""

import hashlib

import numpy as np


def stream(*words: str | int) -> np.random.Generator:
    """An independent generator for this tuple of words and numbers, e.g. `stream("blobs", 0, "train")`.

    Words are seeds, not names: literals beside the draw that stay when what they once named is renamed.
    """
    digest = hashlib.sha256("\0".join(str(word) for word in words).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
