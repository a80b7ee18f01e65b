"""Run an experiment's notebook, which draws its figures from the tidy table and the example images.

The kernel is the interpreter that runs this, with this library, whatever kernels Jupyter finds by name: the record's
code hash is that of what draws the figures. The figures themselves name their table alone, so that a figure is the same
file for as long as what it shows is the same.
"""

import os
import re
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from convac.errors import FileError, one_line
from convac.files import read_json, read_table, replacing, sha256, write_json
from convac.provenance import LIBRARY, run_record, source_hash
from convac.specs.tables import KEYS

# of the cell that a job's values replace
TAG, PARAMETERS = "parameters", ("table", "examples", "claims", "stem", "provenance")
START = 600  # seconds that a kernel may take to answer: papermill's 60 are too few on a machine under full load


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac figure`."""
    parser.add_argument("--notebook", required=True, help="the experiment's notebook")
    parser.add_argument("--study", required=True, help="name of the experiment that the notebook belongs to")
    parser.add_argument("--table", required=True, help="the tidy table, parquet")
    parser.add_argument("--examples", required=True, help="the example images, parquet")
    parser.add_argument("--claims", required=True, help="the verdicts, CSV")
    parser.add_argument("--stem", required=True, help="path of the figures less -part.suffix")
    parser.add_argument("--attempt", required=True, help="notebook to write while it runs; stays when it fails")
    parser.add_argument("--output", required=True, help="the executed notebook, written when all went well")
    parser.add_argument("--record", required=True, help="JSON to write: code, commit, versions, host, time")


def check_parameters(notebook: Any, where: str) -> None:
    """Raise FileError unless one code cell takes the parameters; papermill would draw with the notebook's own ones."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise FileError(f"{where}: has no list of cells; accepted: a Jupyter notebook, format 4")
    tagged = [cell for cell in cells if TAG in (cell.get("metadata") or {}).get("tags", ())]
    if len(tagged) != 1 or tagged[0].get("cell_type") != "code":
        count = f"{len(tagged)} cells are" if len(tagged) != 1 else f"a {tagged[0].get('cell_type')} cell is"
        raise FileError(f"{where}: {count} tagged {TAG!r}; accepted: one code cell, which sets {', '.join(PARAMETERS)}")
    source = tagged[0].get("source", "")
    text = source if isinstance(source, str) else "".join(source)
    missing = [name for name in PARAMETERS if not re.search(rf"^{name}\s*=", text, re.MULTILINE)]
    if missing:
        raise FileError(f"{where}: the cell tagged {TAG!r} doesn't set {missing[0]}; accepted: {', '.join(PARAMETERS)}")


def provenance(experiment: str, table: str) -> str:
    """What an experiment's figures say at their foot, given the sha256 of their table."""
    return f"{experiment} · table {table[:8]}"


def run(options: Namespace) -> None:
    """Execute the notebook; a failing one is kept as the attempt."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    # what is damaged fails here, in one line
    check_parameters(read_json(options.notebook), options.notebook)
    read_table(options.table, KEYS)
    read_table(options.examples, KEYS)
    read_table(options.claims, ("id", "verdict"))
    digest = sha256(options.table)
    parameters = {
        "table": options.table,
        "examples": options.examples,
        "claims": options.claims,
        "stem": options.stem,
        "provenance": provenance(Path(options.stem).name, digest),
    }
    Path(options.attempt).parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as profile:
            papermill.execute_notebook(
                options.notebook,
                options.attempt,
                parameters,
                kernel_name="python3",
                kernel_manager_class=own_kernel(profile),
                progress_bar=False,
                log_output=True,
                start_timeout=START,
                # everything is written by now: a kernel takes its libraries down for most of a second
                shutdown_kernel="immediate",
                # no warning that a connection within this machine isn't encrypted
                extra_arguments=["--log-level=ERROR"],
            )
    except PapermillExecutionError as error:
        raise FileError(
            f"{options.notebook}: cell {error.exec_count} failed: {error.ename}: {one_line(error.evalue, 80)}; "
            f"see {options.attempt}"
        ) from error
    except DeadKernelError as error:
        raise FileError(
            f"{options.notebook}: kernel died, maybe out of memory; see {options.attempt}; it was {sys.executable}"
        ) from error
    except RuntimeError as error:  # of no cell: the kernel never answered
        raise FileError(
            f"{options.notebook}: kernel didn't start; it is {sys.executable} -m ipykernel_launcher; "
            "accepted: an interpreter with ipykernel"
        ) from error
    executed = Path(options.attempt).read_bytes()
    with replacing(options.output) as temporary:
        temporary.write_bytes(executed)
    code = source_hash(__spec__.name, f"convac.experiments.{options.study}.figures", "convac.experiments.notebook")
    write_json(options.record, run_record(table=digest, examples=sha256(options.examples), code=code))
    if "CONVAC_WORKFLOW" in os.environ:
        figures = [Path(f"{options.stem}.png"), *sorted(Path().glob(f"{options.stem}-*.png"))]
        for path in [path for path in figures if path.exists()][:1]:
            print(f"convac: drawn: {path}", file=sys.stderr)


def own_kernel(profile: str) -> type[Any]:
    """A kernel manager whose kernel is this interpreter with this library, and no start-up files but `profile`'s."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class OwnKernel(AsyncKernelManager):
        """Starts this interpreter, whatever name is asked for."""

        kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python",
            language="python",
            env={"PYTHONPATH": str(LIBRARY.parent), "IPYTHONDIR": profile},
        )

    return OwnKernel
