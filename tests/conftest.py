"""Fixtures and settings of all tests."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# fixtures are no modules with doctests, and every folder has a file of this name
collect_ignore_glob = ["conftest.py", "*/conftest.py"]

# no deadline: tests share the machine; a fixed seed: a failure is the same everywhere
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the test suite."""
    parser.addoption("--long", action="store_true", help="tests/faults in its long form: tens of minutes")


def pytest_configure(config: pytest.Config) -> None:
    """Markers of the test suite."""
    config.addinivalue_line("markers", "long: runs in the long form alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what only the long form runs, before any fixture is set up for it."""
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="the long form: pytest tests/faults --long"))


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether tests that have a long form run it."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)
