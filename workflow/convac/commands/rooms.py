"""The rooms of the library, its packages and root modules: on which floor each stands, and which it imports.

A room may import from lower floors only. `FLOORS` says where each stands; everything else is read from the code.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from convac.claims.ledger import markdown_row
from convac.provenance import LIBRARY, read_module

FLOORS = (
    ("errors",),
    ("arrays", "files", "progress", "provenance", "seeds", "statistics"),
    ("geometry", "targets"),
    ("circuits", "specs"),
    ("datasets", "entanglement", "networks"),
    ("mixtures",),
    ("training",),
    ("advice", "claims", "measurement"),
    ("plotting",),
    ("experiments",),
    ("planning",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> list[Path]:
    """Every file of the library but the `__init__` files, which hold no computation."""
    return sorted(path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")


def packages() -> list[Path]:
    """Every folder of the library that holds modules, the root and the experiments' folders left out.

    An experiment's folder is a list of its parts; its block says what it asks.
    """
    folders = {path.parent for path in modules()} - {LIBRARY}
    return sorted(folder for folder in folders if folder.parent != LIBRARY / "experiments")


def module_of(path: Path) -> str:
    """A file's name as imports have it.

    >>> module_of(LIBRARY / "geometry" / "trees.py")
    'convac.geometry.trees'
    """
    return ".".join((LIBRARY.name, *path.relative_to(LIBRARY).with_suffix("").parts))


def room_of(module: str) -> str:
    """The package or root module that a module belongs to.

    >>> room_of("convac.specs.networks.arithmetic"), room_of("convac.errors")
    ('specs', 'errors')
    """
    return module.split(".")[1]


def imports() -> dict[str, set[str]]:
    """By room the other rooms that its modules import, at their top or inside functions."""
    found: dict[str, set[str]] = {}
    for module in map(module_of, modules()):
        room = room_of(module)
        found.setdefault(room, set()).update({room_of(name) for name in read_module(module)[1]} - {room})
    return found


def arrows(imported: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Imports from room to room, less those that follow from others; sorted. There must be no circle.

    >>> list(arrows({"c": {"a", "b"}, "b": {"a"}, "a": set()}))
    [('b', 'a'), ('c', 'b')]
    """
    below = {room: reached(room, imported) for room in imported}
    for room in sorted(imported):
        farther = set().union(*(below[other] for other in imported[room]))
        yield from ((room, other) for other in sorted(imported[room] - farther))


def reached(room: str, imported: Mapping[str, set[str]]) -> set[str]:
    """The rooms that a room imports, directly or not."""
    found: set[str] = set()
    waiting = list(imported[room])
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting.extend(imported[other])
    return found


def picture() -> str:
    """The floors with their rooms and imports, as a Mermaid flowchart in Markdown."""
    lines = ["```mermaid", "flowchart TD"]
    for number, rooms in reversed(list(enumerate(FLOORS))):
        lines += [f'  subgraph floor{number}["floor {number}"]', *(f"    {node(room)}" for room in rooms), "  end"]
    lines += [f"  {name_of(room)} --> {name_of(other)}" for room, other in arrows(imports())]
    return "\n".join([*lines, "```"]) + "\n"


def name_of(room: str) -> str:
    """A room's name in the picture, without underscores at its ends."""
    return room.strip("_")


def node(room: str) -> str:
    """A room's box in the picture."""
    return room if room == name_of(room) else f'{name_of(room)}["{room}"]'


def table() -> str:
    """One row per room, the highest floor first: what lives there, and every room that it imports."""
    imported = imports()
    lines = [markdown_row(("floor", "room", "what lives there", "imports")), "|---" * 4 + "|"]
    for number, rooms in reversed(list(enumerate(FLOORS))):
        for room in rooms:
            others = ", ".join(sorted(imported[room], key=lambda other: (-FLOOR[other], other)))
            lines.append(markdown_row((str(number), f"`{room}`", sign(room), others)))
    return "\n".join(lines) + "\n"


def sign(room: str) -> str:
    """What a room's docstring says lives there: its first sentence."""
    path = LIBRARY / room / "__init__.py"
    source = path if path.is_file() else LIBRARY / f"{room}.py"
    words = " ".join((ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").split("\n\n")[0].split())
    return words.split(". ")[0].rstrip(".")
