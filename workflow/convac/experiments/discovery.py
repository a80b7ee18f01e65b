"""Experiments are found by name: a folder of `convac.experiments` with the files of the contract.

Whether they are there is asked of the disk; `block` alone is imported, so that reading a config stays light.
"""

import importlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from convac.errors import ConfigError

if TYPE_CHECKING:
    from convac.claims.claims import Claim

PARTS = {
    "block": "says what {} runs",
    "claims": "says what {} claims",
    "figures": "draws the figures of {}",
}
CONTRACT = ("Block", "cells", "FIGURES")
EXPERIMENTS = Path(__file__).parent


def studies() -> list[str]:
    """Names of the experiments that the library knows."""
    return sorted({path.parent.name for path in EXPERIMENTS.glob("*/*.py")})


def study_module(study: str) -> ModuleType:
    """The block of an experiment; raises ConfigError naming the file and what of the contract is missing."""
    for part, role in PARTS.items():
        if not (EXPERIMENTS / study / f"{part}.py").is_file():
            raise ConfigError(f"{place(study, part)}: is missing; it {role.format(study)}")
    module = imported(study, "block")
    for name in CONTRACT:
        if not hasattr(module, name):
            raise ConfigError(f"{place(study, 'block')}: {name} is missing; a block defines {', '.join(CONTRACT)}")
    return module


def claims_of(study: str) -> "tuple[Claim, ...]":
    """The claims of an experiment; raises ConfigError naming the file where it has none."""
    module = imported(study, "claims")
    if not hasattr(module, "CLAIMS"):
        raise ConfigError(f"{place(study, 'claims')}: CLAIMS is missing; it lists the claims, maybe none: CLAIMS = ()")
    found: tuple[Claim, ...] = module.CLAIMS
    return found


def imported(study: str, part: str) -> ModuleType:
    """A part of an experiment; raises ConfigError naming its file."""
    try:
        return importlib.import_module(f"convac.experiments.{study}.{part}")
    except Exception as error:  # whatever a half-written experiment raises, the user should read which file
        raise ConfigError(f"{place(study, part)}: can't be imported: {error}") from error


def place(study: str, part: str) -> str:
    """Where a part of an experiment stands in a checkout."""
    return f"workflow/convac/experiments/{study}/{part}.py"
