"""Certificates of exact ranks: the independent checker, what it refuses, and what the library writes for it."""

import ast
import gzip
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from convac.circuits.overlapping import OverlappingShape
from convac.circuits.recurrent import RecurrentShape
from convac.cli import main
from convac.commands.certified_cells import CELLS
from convac.commands.certified_dilations import jobs, tree_of, tree_of_row
from convac.commands.certify import certificates, certified
from convac.entanglement.certificates import certificate
from convac.entanglement.generic_rank import TreeShape, generic_rank
from convac.entanglement.mixed_rank import PLAIN, SWAPPED, Family, Hybrid, Node, mixed_rank, tree_alone
from convac.errors import ArgumentError, FileError
from convac.experiments.dilated_mixing.jobs import Ranks
from convac.files import read_table, write_table
from convac.geometry.trees import PoolingTree

ROOT = Path(__file__).parents[2]
CHECKER = ROOT / "certify/check.py"
COMMITTED = sorted((ROOT / "results/reference/certificates").glob("*.jsonl.gz"))
EVERY, SMALL = 50, 48  # of the committed certificates, those up to a rank

spec = importlib.util.spec_from_file_location("certify_check", CHECKER)
checker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checker)


def lines_of(path):
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def line(sites, windows=None):
    return PoolingTree.named("line", (sites,), windows)


LOCATED = (TreeShape(line(8), 2, (2, 3, 2), (False,) * 3), (0, 1, 2, 4))
SHARED = (TreeShape(line(16), 2, (4,) * 4, (True,) * 4), tuple(range(6)))
MIRROR = (TreeShape(PoolingTree.named("mirror", (4, 4)), 2, (3, 5), (False,) * 2), (0, 1, 2, 5))
RING = (OverlappingShape((8,), 2, (3, 3), 2, shared=False), (0, 1, 2, 3))
TORUS = (OverlappingShape((3, 3), 2, (3, 3), 2, shared=False), (0, 1, 3, 4))
GRID = (
    OverlappingShape((6, 6), 2, (2, 2), 2, periodic=False, shared=False),
    (0, 1, 2, 6, 7, 8, 12, 13, 14),
)  # not listed
ALIKE = (OverlappingShape((8,), 2, (16, 16), 2, shared=True), (0, 1, 2, 3))
MEMORY = (RecurrentShape(steps=6, depth=2, width=3, local_dimension=3), ())
SUFFIX = (RecurrentShape(steps=6, depth=4, width=2, local_dimension=11), ())
DILATED = Family(steps=16, group=2, width=2, local_dimension=2, shared=True)
TIED = (tree_of(DILATED, Hybrid({Node(2, 0): SWAPPED, Node(2, 1): PLAIN}, PLAIN)), (0, 1, 4, 6))
FAMILIES = [LOCATED, SHARED, MIRROR, TIED, RING, TORUS, GRID, ALIKE, MEMORY, SUFFIX]
KINDS = ["cut", "symmetric", "cut", "cut", "cut", "cut", "cut", "distinguishable", "inputs", "inputs"]


def written(family, inside):
    """As it stands in a file."""
    return json.loads(json.dumps(certificate(family, inside)))


@pytest.mark.parametrize(("case", "kind"), list(zip(FAMILIES, KINDS, strict=True)))
def test_the_checker_takes_what_the_library_writes(case, kind):
    found = written(*case)
    assert list(found["bound"]) == [kind]
    assert checker.check(found) == found["rank"] > 1
    family, inside = case
    if isinstance(family, TreeShape):
        assert generic_rank(family, inside).value == found["rank"]


@pytest.mark.parametrize("number", range(12))
def test_trees_of_dilations_are_trees_with_tied_maps(number):
    """The rank that the certificate proves is that of the sampled dilated network, whatever its segments."""
    generator = np.random.default_rng(number)
    family = Family(steps=16, group=2, width=2, local_dimension=2, shared=number % 2 == 0)
    mixture = {node: [PLAIN, SWAPPED][generator.integers(2)] for node in family.common if generator.random() < 0.7}
    structure = Hybrid(mixture, [PLAIN, SWAPPED][number % 3 % 2]) if number % 4 else tree_alone(SWAPPED)
    mask = np.isin(np.arange(16), generator.permutation(16)[:5])
    try:
        found = certificate(tree_of(family, structure), np.flatnonzero(mask).tolist())
    except ArithmeticError as error:
        found = {"rank": int(re.search(r"between (\d+)", str(error)).group(1))}
    else:
        checker.check(json.loads(json.dumps(found)))
    assert found["rank"] == mixed_rank(family, structure, mask, (number,))


def test_dilated_networks_of_another_config_are_refused():
    row = {
        "cell": "dilated-mixing-00000000",
        "case": "random 16 2 0",
        "sharing": "shared",
        "structure": "T",
        "smaller_side": 8,
    }
    with pytest.raises(FileError, match=r"not in config.yaml"):
        tree_of_row({**row, "rank_bound": 4}, jobs())
    known = {row["cell"]: Ranks(steps=16, group=2, width=2, cases=4, largest=64)}
    with pytest.raises(FileError, match="another bound"):
        tree_of_row({**row, "rank_bound": 5}, known)


def test_four_layers_fall_below_the_product_of_their_inputs():
    assert written(*SUFFIX)["rank"] == 106


def test_the_checker_stands_alone():
    text = CHECKER.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_a_sample_of_the_committed_certificates_holds(path):
    small = [each for each in lines_of(path) if "unchecked" not in each and each["rank"] <= SMALL]
    sample = small[::EVERY]
    assert sample
    assert [checker.check(each) for each in sample] == [each["rank"] for each in sample]


@pytest.mark.parametrize("experiment", sorted(CELLS))
def test_every_cell_of_the_tables_has_its_line(experiment):
    cells = list(CELLS[experiment](read_table(str(ROOT / f"results/reference/tables/{experiment}.parquet"))))
    lines = lines_of(ROOT / f"results/reference/certificates/{experiment}.jsonl.gz")
    assert sorted(cell.name for cell in cells) == sorted(name for each in lines for name in each["cells"])
    for each in lines:
        assert "unchecked" not in each or each["rank"] > 512, each["cells"][0]
    small = next(cell for cell in cells if cell.rank <= SMALL)
    again = {name: each for each in lines for name in each["cells"]}[small.name]
    assert {"cells": again["cells"], **json.loads(json.dumps(certified(small)))} == again


def corrupted(case, **changes):
    return {**written(*case), **changes}


def without(case, name):
    found = written(*case)
    del found[name]
    return found


def singular():
    """Rows 010000 and 100000 are equal: shared weights can't tell the two sites of a window apart."""
    found = written(*SHARED)
    rows = [16, 32, *(row for row in found["rows"] if row not in {16, 32})]
    return {**found, "rows": rows[: found["rank"]]}


CORRUPTED = {
    "no object": lambda: [],
    "family": lambda: corrupted(LOCATED, family="forest"),
    "missing": lambda: without(LOCATED, "prime"),
    "unknown": lambda: corrupted(LOCATED, weights=[1]),
    "text": lambda: corrupted(LOCATED, local_dimension="2"),
    "true": lambda: corrupted(LOCATED, local_dimension=True),
    "widths": lambda: corrupted(LOCATED, widths=[2, 3]),
    "other widths": lambda: corrupted(LOCATED, widths=[1, 1, 1]),
    "inside": lambda: corrupted(LOCATED, inside=[0, 2, 1]),
    "everything inside": lambda: corrupted(LOCATED, inside=list(range(8))),
    "prime": lambda: corrupted(LOCATED, prime=8388592),
    "prime that divides": lambda: corrupted(SUFFIX, prime=2),
    "seed": lambda: corrupted(LOCATED, seed=0),
    "rank": lambda: corrupted(LOCATED, rank=5),
    "larger rank": lambda: corrupted(MEMORY, rank=28, rows=list(range(28)), columns=list(range(28))),
    "row twice": lambda: corrupted(LOCATED, rows=[0] * written(*LOCATED)["rank"]),
    "row out of range": lambda: corrupted(LOCATED, rows=[*written(*LOCATED)["rows"][:-1], 16]),
    "column missing": lambda: corrupted(LOCATED, columns=written(*LOCATED)["columns"][:-1]),
    "singular": singular,
    "maps missing": lambda: without(TIED, "maps"),
    "maps of fewer levels": lambda: corrupted(TIED, maps=written(*TIED)["maps"][:-1]),
    "a position without a map": lambda: corrupted(TIED, maps=[[0] * 15, [0] * 8, [0] * 4, [0] * 2]),
    "number of a map": lambda: corrupted(TIED, maps=[[0] * 15 + [10**9], [0] * 8, [0] * 4, [0] * 2]),
    "negative map": lambda: corrupted(TIED, maps=[[-1] * 16, [0] * 8, [0] * 4, [0] * 2]),
    "maps of a tree": lambda: corrupted(LOCATED, maps=[[0] * 8, [0] * 4, [0] * 2]),
    "tied and symmetric": lambda: corrupted(TIED, bound={"symmetric": written(*TIED)["bound"]["cut"]}),
    "open tied cut": lambda: corrupted(TIED, bound={"cut": written(*TIED)["bound"]["cut"][1:]}),
    "kernel": lambda: corrupted(RING, kernel=9),
    "steps": lambda: corrupted(MEMORY, steps=5),
    "many steps": lambda: corrupted(MEMORY, steps=2 * 10**9),
    "many sites": lambda: corrupted(LOCATED, windows=[2, 2, 2 * 10**9]),
    "wide": lambda: corrupted(LOCATED, widths=[2, 10**9, 2]),
    "deep": lambda: corrupted(MEMORY, depth=10**9),
    "many templates": lambda: corrupted(LOCATED, local_dimension=10**9),
    "no bound": lambda: corrupted(LOCATED, bound={}),
    "two bounds": lambda: corrupted(LOCATED, bound={**written(*LOCATED)["bound"], "symmetric": []}),
    "bound of others": lambda: corrupted(LOCATED, bound={"symmetric": written(*LOCATED)["bound"]["cut"]}),
    "open cut": lambda: corrupted(LOCATED, bound={"cut": written(*LOCATED)["bound"]["cut"][1:]}),
    "sampled row twice": lambda: corrupted(GRID, rows=written(*GRID)["rows"][:1] * 64),
    "open unfolded cut": lambda: corrupted(RING, bound={"cut": written(*RING)["bound"]["cut"][1:]}),
    "large cut": lambda: corrupted(LOCATED, bound={"cut": [*written(*LOCATED)["bound"]["cut"], "site 7"]}),
    "cut twice": lambda: corrupted(LOCATED, bound={"cut": written(*LOCATED)["bound"]["cut"] * 2}),
    "strange node": lambda: corrupted(LOCATED, bound={"cut": ["pool 9 9"]}),
    "cut of numbers": lambda: corrupted(LOCATED, bound={"cut": [1]}),
    "plain for symmetric": lambda: corrupted(SHARED, bound={"cut": written(*SHARED)["bound"]["symmetric"]}),
    "open symmetric cut": lambda: corrupted(SHARED, bound={"symmetric": written(*SHARED)["bound"]["symmetric"][1:]}),
    "side": lambda: corrupted(ALIKE, bound={"distinguishable": "left"}),
    "other count": lambda: corrupted(MEMORY, bound={"states": 3}),
    "count of too many": lambda: corrupted(MEMORY, bound={"inputs": 4}),
}


@pytest.mark.parametrize("kind", CORRUPTED)
def test_a_corrupted_certificate_is_refused_in_one_line(kind, tmp_path):
    path = tmp_path / "damaged.jsonl"
    path.write_text(json.dumps(CORRUPTED[kind]()) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, CHECKER, path], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    refused, summary = done.stdout.splitlines()
    assert refused.startswith(f"{path}:1: refused: ")
    assert len(refused) < len(str(path)) + 160
    assert summary == f"{path}: 1 refused"


DAMAGED = {
    "no-json.jsonl": b"{\n",
    "no-text.jsonl": b"\xff\xfe\n",
    "no-archive.jsonl.gz": b"{}",
    "cut-short.jsonl.gz": gzip.compress(b"{}" * 1000)[:-9],
    "no-line.jsonl": b"",
    "no-names.jsonl": b'{"unchecked": "why", "cells": [1]}\n',
    "too-deep.jsonl": b"[" * 10**5,
    "other-bytes.jsonl.gz": gzip.compress(bytes(range(256)))[:20] + bytes(30),
}


@pytest.mark.parametrize("name", [*DAMAGED, "missing.jsonl"])
def test_a_damaged_file_is_refused_in_one_line(name, tmp_path):
    path = tmp_path / name
    if name in DAMAGED:
        path.write_bytes(DAMAGED[name])
    done = subprocess.run(
        [sys.executable, CHECKER, path], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    *refused, counted = done.stdout.splitlines()
    assert counted.startswith(f"{path}: ")
    assert [f"{path}" in line and ": refused: " in line for line in refused] == (
        [] if name == "no-line.jsonl" else [True]
    )


def test_the_checker_finds_its_certificates_from_anywhere_or_fails(tmp_path):
    alone = tmp_path / "certify/check.py"
    alone.parent.mkdir()
    alone.write_bytes(CHECKER.read_bytes())
    done = subprocess.run([sys.executable, "-I", alone], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.count("refused")) == (1, 1)
    folder = tmp_path / "results/reference/certificates"
    folder.mkdir(parents=True)
    (folder / "one.jsonl").write_text(json.dumps(written(*LOCATED)), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", alone], capture_output=True, text=True, check=True, cwd=alone.parent)
    assert done.stdout == f"{folder / 'one.jsonl'}: 1 certified\n"


def test_larger_ranks_are_left_out_and_named(tmp_path):
    path = tmp_path / "some.jsonl"
    found = written(*LOCATED)
    lines = [{**found, "cells": ["small"]}, {"cells": ["huge"], "rank": 65536, "unchecked": "rank 65536 is above 512"}]
    lines.append({**found, "rank": 200})
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    done = subprocess.run([sys.executable, CHECKER, path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        f"{path}:2: not checked: rank 65536 is above 512: huge",
        f"{path}: 1 certified, 2 left out",
    ]
    done = subprocess.run([sys.executable, CHECKER, path, "--all"], capture_output=True, text=True, check=False)
    assert done.returncode == 1  # that of rank 200 is looked at


def test_the_command_writes_the_same_bytes_again(tmp_path, capsys):
    table = read_table(str(ROOT / "results/reference/tables/depth_efficiency.parquet"))
    write_table(tmp_path / "tables/depth_efficiency.parquet", table)
    arguments = ["certify", "--results", str(tmp_path), "--experiment", "depth_efficiency"]
    main(arguments)
    path = tmp_path / "certificates/depth_efficiency.jsonl.gz"
    assert path.read_bytes() == (ROOT / "results/reference/certificates" / path.name).read_bytes()
    assert "35 certificates, 4 not checked" in capsys.readouterr().out
    path.unlink()
    with pytest.raises(SystemExit):
        main([*arguments, "overlaps"])  # whose table is missing: told before the first is certified
    assert "overlaps.parquet: no such file" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("experiment", CELLS)
def test_tables_of_another_kind_are_refused_in_one_line(experiment, tmp_path, capsys):
    path = tmp_path / f"tables/{experiment}.parquet"
    write_table(path, pd.DataFrame({"cell": ["a"], "quantity": ["rank"], "seed": [0]}))
    with pytest.raises(SystemExit):
        main(["certify", "--results", str(tmp_path), "--experiment", experiment])
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(rf"convac: {path}: (has no|has other content).*; expected the parquet table of {experiment}", line)


def test_a_rank_that_no_bound_meets_is_told():
    shape = TreeShape(line(9, (3, 3)), 2, (3, 2), (False, False))
    with pytest.raises(ArithmeticError, match="between 7 and 8"):
        certificate(shape, (2, 5, 6, 7, 8))
    for family, partition, name in (
        (LOCATED[0], [9], "partition"),
        (LOCATED[0], (), "partition"),
        (RING[0], [0.5], "partition"),
        (7, [0], "family"),
        (RecurrentShape(steps=3, depth=1, width=2, local_dimension=2), (), "steps"),
    ):
        with pytest.raises(ArgumentError, match=f"^{name}: "):
            certificate(family, partition)
    assert certificate(RING[0], "left-right") == certificate(*RING) == certificate(RING[0], [3, 0, 2, 1])
    with pytest.raises(ArgumentError, match="all levels alike"):
        certificate(TreeShape(line(4), 2, (2, 2), (True, False)), (0, 1))


def test_a_rank_that_the_table_has_wrong_is_told():
    table = pd.DataFrame(
        {"network": "shallow", "sites": 4, "local_dimension": 2, "width": 3, "method": "direct", "seed": 0}
        | {"quantity": ["rank", "closed_form"], "value": [2.0, 2.0]}
    )
    (only,) = certificates(list(CELLS["depth_efficiency"](table)))
    assert "certified one, 3" in only["unchecked"]
    assert np.isscalar(only["rank"])
