"""Train every seed of one cell."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from convac.errors import FileError
from convac.files import read_arrays, read_json, write_arrays, write_json, write_table
from convac.provenance import run_record, source_hash
from convac.specs.parsing import parse
from convac.specs.run import RunSpec
from convac.specs.spec import digest
from convac.training.loop import train


def add_arguments(parser: ArgumentParser) -> None:
    """Options of `convac train`."""
    parser.add_argument("--spec", required=True, help="JSON: dataset, network and training")
    parser.add_argument("--data", required=True, help="the dataset's safetensors")
    parser.add_argument("--model", required=True, help="safetensors to write: the weights of all seeds")
    parser.add_argument("--history", required=True, help="parquet to write: loss and accuracy by seed and step")
    parser.add_argument("--record", required=True, help="JSON to write: commit, versions, host, time, seconds")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])


def run(options: Namespace) -> None:
    """Train, resuming where a killed run of the same spec and code stopped, and write model and history."""
    spec = parse(RunSpec, read_json(options.spec), options.spec)
    arrays, metadata = read_arrays(options.data)
    if metadata.get("spec") != digest(spec.dataset):
        raise FileError(f"{options.data}: is another dataset; accepted: the one with digest {digest(spec.dataset)}")
    code = source_hash(__spec__.name, *spec.modules)
    checkpoint = Path(options.model).with_name("checkpoint.safetensors")
    result = train(spec, arrays, device=options.device, checkpoint=checkpoint, code=code)
    write_arrays(options.model, result.tensors, {"spec": digest(spec), "code": code})
    write_table(options.history, result.history)
    write_json(options.record, run_record(spec=digest(spec), code=code, seconds=round(result.seconds, 3)))
    checkpoint.unlink(missing_ok=True)
    # what a kill in the middle of a write left
    for part in checkpoint.parent.glob(f".{checkpoint.name}.*.part"):
        part.unlink(missing_ok=True)
