"""Computations of experiments: their types stand in the experiment's `jobs`, what does as they say in `compute`."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import model_serializer

from convac.errors import ConfigError
from convac.specs.parsing import parse, shown
from convac.specs.spec import Spec


class JobSpec(Spec):
    """Base of the jobs; in JSON, `study` and `job` stand before the fields.

    Attributes:
        study: the experiment, by its folder.
        job: name of the type.
    """

    study: ClassVar[str]
    job: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.study, cls.job = cls.__module__.split(".")[-2], cls.__name__

    @model_serializer(mode="wrap")
    def _with_job(self, fields: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {"study": self.study, "job": self.job, **fields(self)}

    @property
    def modules(self) -> tuple[str, ...]:
        """The library modules that the spec names: its type, and what does as it says."""
        return tuple(f"convac.experiments.{self.study}.{part}" for part in ("jobs", "compute"))


def read_job(value: Any, where: str) -> JobSpec:
    """A job from plain data that says `study` and `job`.

    Raises:
        ConfigError: one line that names the key at fault, below `where`.
    """
    study, job = (value.get(key) for key in ("study", "job")) if isinstance(value, Mapping) else (None, None)
    if not isinstance(study, str) or not study.isidentifier():
        raise ConfigError(f"{where}: study: {shown(study)} is unknown; accepted: an experiment that computes")
    try:
        module = importlib.import_module(f"convac.experiments.{study}.jobs")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{where}: study: {shown(study)} has no jobs; accepted: an experiment that computes"
        ) from error
    found = getattr(module, job, None) if isinstance(job, str) else None
    if not isinstance(found, type) or not issubclass(found, JobSpec) or found.__module__ != module.__name__:
        raise ConfigError(f"{where}: job: {shown(job)} is unknown; accepted: a type of {study}'s jobs")
    return parse(found, {key: each for key, each in value.items() if key not in {"study", "job"}}, where)
