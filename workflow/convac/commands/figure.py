"""Run an experiment's notebook, which draws its figures from the tidy table."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.errors import FileError, one_line
from convac.files import read_json, read_table, replacing, sha256
from convac.provenance import source_hash

START = 600  # seconds that a kernel may take to answer: papermill's 60 are too few on a machine under full load


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac figure`."""
    parser.add_argument("--notebook", required=True, help="the experiment's notebook")
    parser.add_argument("--study", required=True, help="name of the experiment that the notebook belongs to")
    parser.add_argument("--table", required=True, help="the tidy table, parquet")
    parser.add_argument("--claims", required=True, help="the verdicts, CSV")
    parser.add_argument("--stem", required=True, help="path of the figures less -part.suffix")
    parser.add_argument("--attempt", required=True, help="notebook to write while it runs; stays when it fails")
    parser.add_argument("--output", required=True, help="the executed notebook, written when all went well")


def run(options: Namespace) -> None:
    """Execute the notebook; a failing one is kept as the attempt."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    # what is damaged fails here, in one line
    read_json(options.notebook)
    read_table(options.table, ("cell", "quantity", "value"))
    read_table(options.claims, ("id", "verdict"))
    code = source_hash(__spec__.name, f"convac.plotting.{options.study}")
    parameters = {
        "table": options.table,
        "claims": options.claims,
        "stem": options.stem,
        "provenance": f"{Path(options.stem).name} · table {sha256(options.table)[:8]} · code {code[:8]}",
    }
    Path(options.attempt).parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            options.notebook,
            options.attempt,
            parameters,
            kernel_name="python3",
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
        raise FileError(f"{options.notebook}: kernel died, maybe out of memory; see {options.attempt}") from error
    executed = Path(options.attempt).read_bytes()
    with replacing(options.output) as temporary:
        temporary.write_bytes(executed)
