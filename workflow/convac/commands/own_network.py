"""A network that the user's own code makes: run as `python mine.py` would run it, whatever it prints kept apart."""

import atexit
import ctypes
import importlib
import importlib.machinery
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from convac.arrays import is_tensor, short
from convac.circuits.tree import Circuit
from convac.circuits.tree_tensors import TreeTensorNetwork
from convac.entanglement.data import DataTensor
from convac.entanglement.grid import GridFunction
from convac.entanglement.modules import is_module
from convac.entanglement.sources import Source
from convac.errors import ArgumentError, ConvacError

NAMED = "module:name or file.py:name"
MEASURED = "a ConvAC, circuit, torch module, function, array, dataset or tree, or a factory of one without arguments"


@contextmanager
def own_code(name: str | None) -> Iterator[None]:
    """Surroundings of the user's code, as `python mine.py` has them, as long as it runs.

    `sys.argv` holds its file alone, `sys.path` begins with its folder (the current one for a module), and what it
    prints, from Python, C or programs that it starts, goes to the error stream: standard output is for what is
    measured.

    Args:
        name: as `named` takes it; None where no code of the user's runs.

    Raises:
        ArgumentError: the code ends the program.
    """
    if name is None:
        yield
        return
    place, _ = parted(name)
    folder = str(Path(place).resolve().parent) if is_file(place) else os.getcwd()
    arguments, sys.argv = sys.argv, [place]
    sys.path.insert(0, folder)
    try:
        with printing_to_stderr():
            yield
        atexit.register(hush)
    except SystemExit as error:
        raise ArgumentError(f"network: {name}: ended the program, status {error.code}; accepted: {MEASURED}") from error
    finally:
        sys.argv = arguments
        with suppress(ValueError):  # the user's code may have taken it out
            sys.path.remove(folder)


@contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Send what is written to standard output to the error stream: by Python, by C, by programs that are started."""
    flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        flush()
        os.dup2(kept, 1)
        os.close(kept)


def hush() -> None:
    """At exit, before what the user's code does then: the answer is out, and nothing may follow it."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        os.dup2(2, 1)


def flush() -> None:
    """Write out what Python and C have buffered for standard output."""
    for stream in {sys.stdout, sys.__stdout__}:
        if stream is not None:
            stream.flush()
    ctypes.CDLL(None).fflush(None)


def parted(name: str) -> tuple[str, str]:
    """Module or file, and what to take of it; raises ArgumentError where either is missing."""
    place, _, attribute = name.rpartition(":")
    if not (place and attribute):
        raise ArgumentError(f"network: got {short(name)}; accepted: {NAMED}")
    return place, attribute


def is_file(place: str) -> bool:
    """Whether the place is told by a file's path, not a module's name."""
    return place.endswith(".py") or os.sep in place


def named(name: str) -> Source:
    """What a name stands for, `module:name` or `file.py:name`; a factory is called.

    Args:
        name: a module as it is imported from the current folder, or the path of a file; after the colon an attribute
            (dots go deeper): a function without required arguments or a class makes what is measured, anything else
            is measured itself.

    Raises:
        ArgumentError: it isn't there, fails, or is nothing that can be measured.
    """
    place, attribute = parted(name)
    with failing(name, NAMED):
        found: Any = reduce(getattr, attribute.split("."), imported(place))
    with failing(name, MEASURED):
        made: Source = found() if is_factory(found) else found
    if not measurable(made):
        what = "is" if made is found else "makes what is"
        raise ArgumentError(f"network: {name}: {what} {kind_of(made)}; accepted: {MEASURED}")
    return made


@contextmanager
def failing(name: str, accepted: str) -> Iterator[None]:
    """Turn whatever the user's code raises into an ArgumentError."""
    try:
        yield
    except ConvacError:
        raise
    except Exception as error:
        raise ArgumentError(f"network: {name}: {type(error).__name__}: {error}; accepted: {accepted}") from error


def imported(place: str) -> ModuleType:
    """The module of a name or of a file; a file's is known by the file's name, as for those that import it."""
    if not is_file(place):
        return importlib.import_module(place)
    path = Path(place)
    if not path.is_file():
        fault = "is a folder" if path.is_dir() else "no such file"
        raise ArgumentError(f"network: {place}: {fault}; accepted: {NAMED}")
    known = f"own_{path.stem}" if is_taken(path) else path.stem
    spec = importlib.util.spec_from_file_location(known, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"network: {place}: is not a Python file; accepted: {NAMED}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[known] = module
    spec.loader.exec_module(module)
    return module


def is_taken(path: Path) -> bool:
    """Whether a file is called as another module, such as torch.py, whose place it must not take."""
    elsewhere = [each for each in sys.path if Path(each).resolve() != path.resolve().parent]
    return path.stem in sys.modules or importlib.machinery.PathFinder.find_spec(path.stem, elsewhere) is not None


def is_source(value: Any) -> bool:
    """Whether a value is measured as it stands, called or not."""
    if isinstance(value, type):
        return False
    plain = isinstance(value, Circuit | TreeTensorNetwork | GridFunction | DataTensor | np.ndarray)
    return plain or is_module(value) or is_tensor(value) or callable(getattr(value, "circuit", None))


def is_factory(value: Any) -> bool:
    """Whether a value is called without arguments for what is measured: a class, or a function that needs none."""
    if isinstance(value, type):
        return True
    if is_source(value) or not callable(value):
        return False
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:  # of some functions in C
        return False
    return all(
        each.default is not each.empty or each.kind in {each.VAR_POSITIONAL, each.VAR_KEYWORD} for each in parameters
    )


def measurable(value: Any) -> bool:
    """Whether `measure` may take a value."""
    return is_source(value) or (callable(value) and not isinstance(value, type))


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, ModuleType):
        return f"the module {value.__name__}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return "nothing" if value is None else f"of type {type(value).__name__}"
