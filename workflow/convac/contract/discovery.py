"""Experiments are found by name: a module of `convac.experiments` that keeps the contract."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

from convac.errors import ConfigError

CONTRACT = ("Block", "cells", "FIGURES", "CLAIMS")
EXPERIMENTS = Path(__file__).parent.parent / "experiments"


def studies() -> list[str]:
    """Names of the experiments that the library knows."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.py") if path.stem != "__init__")


def study_module(study: str) -> ModuleType:
    """The module of an experiment; raises ConfigError naming the file and what of the contract is missing."""
    where = f"workflow/convac/experiments/{study}.py"
    try:
        module = importlib.import_module(f"convac.experiments.{study}")
    except Exception as error:  # whatever a half-written experiment raises, the user should read which file
        raise ConfigError(f"{where}: can't be imported: {error}") from error
    for part in CONTRACT:
        if not hasattr(module, part):
            raise ConfigError(f"{where}: {part} is missing; an experiment defines {', '.join(CONTRACT)}")
    if importlib.util.find_spec(f"convac.plotting.{study}") is None:
        raise ConfigError(f"workflow/convac/plotting/{study}.py: is missing; it draws the figures of {study}")
    return module
