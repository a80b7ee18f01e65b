"""Fixtures and settings of all tests."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# no deadline: tests share the machine; a fixed seed: a failure is the same everywhere
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)
