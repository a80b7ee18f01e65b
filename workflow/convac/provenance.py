"""Where a result comes from: the code that computes it, as a hash that comments can't change, and its machine.

Snakemake doesn't see edits of imported code, so every compute rule carries the hash of its command's import closure.
Package `__init__` files and the command line's dispatcher are outside every closure: they hold no computation.
"""

import ast
import hashlib
import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from convac.errors import FileError

LIBRARY = Path(__file__).parent


def module_file(module: str) -> Path | None:
    """The file of a library module, or None for a package, a name inside a module, or anything outside the library."""
    head, *parts = module.split(".")
    path = LIBRARY.joinpath(*parts).with_suffix(".py")
    return path if head == LIBRARY.name and parts and path.is_file() else None


BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # where a statement holds statements


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Every statement below a node that can run, outermost first; what stands under `if TYPE_CHECKING` can't."""
    for block in BLOCKS:
        for child in getattr(node, block, ()):
            if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.stmt):
                yield child
            yield from statements(child)


def drop_docstring(node: ast.AST) -> None:
    """Take the docstring out of a module, class or function."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        first = node.body[0] if node.body else None
        constant = first.value if isinstance(first, ast.Expr) else None
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
            node.body = node.body[1:] or [ast.Pass()]


def drop_descriptions(tree: ast.Module) -> None:
    """Take the descriptions out of specs' fields: words for the schema and for people, which change no result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "description"]


@cache
def read_module(module: str) -> tuple[str, tuple[str, ...]]:
    """Hash of a module's code and the library modules that it imports, at its top or inside functions."""
    path = module_file(module)
    if path is None:
        raise ModuleNotFoundError(module)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise FileError(f"{path}: line {error.lineno}: {error.msg}; accepted: Python") from error
    names: set[str] = set()
    drop_descriptions(tree)
    drop_docstring(tree)
    for node in statements(tree):
        drop_docstring(node)
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    code = hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
    return code, tuple(sorted(name for name in names if module_file(name)))


def closure(*modules: str) -> tuple[str, ...]:
    """The library modules that `modules` import, directly or not, themselves included; sorted.

    Raises:
        ModuleNotFoundError: one of `modules` is not in the library.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(read_module(module)[1])
    return tuple(sorted(found))


@cache
def source_hash(*modules: str) -> str:
    """12 hex digits over the code of the import closure, less comments, docstrings, fields' descriptions and layout."""
    digest = hashlib.sha256()
    for module in closure(*modules):
        digest.update(f"{module} {read_module(module)[0]}\n".encode())
    return digest.hexdigest()[:12]


def run_record(**facts: object) -> dict[str, object]:
    """What a sidecar file says about the run that wrote it: commit, versions, host, time, and the given facts."""
    packages = ("numpy", "scipy", "pandas", "pyarrow", "torch", "snakemake")
    versions = {name: version for name in packages if (version := _version(name))}
    return {
        **facts,
        **checkout(),
        "python": platform.python_version(),
        "versions": versions,
        "host": platform.node(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "arguments": sys.argv[1:],
    }


def checkout(library: Path = LIBRARY) -> dict[str, str | bool | None]:
    """The commit that the library was checked out from, and whether it is `dirty`, other than that commit has it.

    Dirty is a checkout with a tracked file that was changed, or with a module of the library that isn't tracked. Both
    are None where nobody knows: without git, where git refuses the folder, and for sources that were unpacked inside
    another repository, whose commit isn't theirs.
    """
    root, _, commit = (_git(library, "rev-parse", "--show-toplevel", "HEAD") or "").partition("\n")
    tracked = _git(library, "ls-files", "--error-unmatch", "provenance.py")
    changed = _git(library, "status", "--porcelain", "--untracked-files=no")
    others = _git(library, "ls-files", "--others", "*.py")
    if not root or not tracked or Path(root) != library.resolve().parents[1]:
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": None if changed is None or others is None else bool(changed or others)}


def version(library: Path = LIBRARY) -> str:
    """The library's version: that of the checkout it stands in, else of the installed package.

    A checkout on PYTHONPATH may stand beside another one that is installed: its own pyproject.toml knows better.
    """
    project = library.resolve().parents[1] / "pyproject.toml"
    if project.is_file():
        found = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
        if found.get("name") == LIBRARY.name:
            return str(found["version"])
    return _version(LIBRARY.name) or "unknown"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints in a folder; None where it fails. Only the folder says which repository it is in."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # looking at a repository that its owner works in takes no lock
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment)
        return os.fsdecode(done.stdout).strip()  # names of folders may be no text
    except (OSError, subprocess.SubprocessError):
        return None
