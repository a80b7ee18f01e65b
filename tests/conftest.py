"""Fixtures and settings of all tests."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# no deadline: tests share the machine; a fixed seed: a failure is the same everywhere
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the test suite."""
    parser.addoption("--long", action="store_true", help="tests/faults in its long form: tens of minutes")


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether tests that have a long form run it."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)
