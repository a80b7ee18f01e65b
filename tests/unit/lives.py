"""A training job that is killed in every life but the last; each is a process, forked before anything is computed.

`python lives.py DEATHS WORD…`, the words being those of `convac`. A death is [where, step, every]: SIGKILL before that
`step`, in a `trial` before that step of it, or, once that step is made, when the file of that name is written but not
yet renamed; checkpoints follow every so many steps. Prints, per life, its exit status and the step of the checkpoint
that it leaves, 0 without one.
"""

import json
import os
import signal
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path

import torch._dynamo  # noqa: F401 - Adam would load it in every life, for seconds

from convac import files
from convac.cli import main
from convac.training import loop
from convac.training.checkpoints import Checkpoint


def doom(words, where, step, every):
    """Prepare the death of this process."""
    steps = json.loads(Path(words[words.index("--spec") + 1]).read_text())["training"]["steps"]
    update, write, replacing, made = loop.Run.update, Checkpoint.write, files.replacing, 0

    def dying_update(run, number):
        nonlocal made
        kind = "step" if run.training.steps == steps else "trial"
        if (kind, number) == (where, step):
            die()
        loss = update(run, number)
        made = number if kind == "step" else 0
        return loss

    @contextmanager
    def dying_replacing(path):
        with replacing(path) as temporary:
            yield temporary
            if Path(path).name == where and made >= step:
                die()

    def rare_write(checkpoint, network, optimizer, number, *rest):
        if number % every == 0:
            write(checkpoint, network, optimizer, number, *rest)

    loop.INTERVAL = 0.0
    loop.Run.update, Checkpoint.write, files.replacing = dying_update, rare_write, dying_replacing


def die():
    """Stop as a machine without power does."""
    os.kill(os.getpid(), signal.SIGKILL)


def ended(words, death):
    """Exit status of one life, negative for a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        if death:
            doom(words, *death)
        main(words)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def kept(words):
    """Step of the job's checkpoint, 0 without one."""
    path = Path(words[words.index("--model") + 1]).with_name("checkpoint.safetensors")
    return int(files.read_arrays(path)[0]["step"][0]) if path.exists() else 0


if __name__ == "__main__":
    deaths, words = json.loads(sys.argv[1]), sys.argv[2:]
    print(json.dumps([(ended(words, death), kept(words)) for death in [*deaths, None]]))
