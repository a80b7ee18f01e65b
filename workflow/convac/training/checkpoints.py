"""Checkpoints: undeclared files from which a killed run goes on, bit for bit as if it hadn't been killed."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from convac.errors import FileError
from convac.files import Arrays, read_arrays, write_arrays
from convac.specs.run import RunSpec
from convac.specs.spec import canonical
from convac.training.optimizer import MOMENTS, Adam

LOG = logging.getLogger("convac")


@dataclass(frozen=True)
class Checkpoint:
    """Where a run's state is kept, and what it must have been made by to be trusted.

    Attributes:
        path: the file; None keeps nothing.
        spec: of the run.
        code: any text that changes with the code, e.g. a hash of its source.
    """

    path: Path | None
    spec: RunSpec
    code: str

    @property
    def key(self) -> dict[str, str]:
        """What the file must carry to be trusted."""
        return {"spec": canonical(self.spec), "code": self.code, "torch": str(torch.__version__)}

    def write(
        self,
        network: torch.nn.Module,
        optimizer: Adam,
        step: int,
        history: np.ndarray,
        snapshots: Arrays | None = None,
    ) -> None:
        """Write parameters, moments, step, history and earlier weights, atomically."""
        if self.path is None:
            return
        arrays = {"step": np.array([step], dtype=np.int64), "history": history}
        arrays |= {f"snapshot.{name}": array for name, array in (snapshots or {}).items()}
        names = [name for name, _ in network.named_parameters()]
        arrays |= {f"parameter.{name}": each.detach().cpu().numpy() for name, each in network.named_parameters()}
        for moment, together in optimizer.moments.items():
            parts = zip(names, optimizer.parts(together), strict=True)
            arrays |= {f"{moment}.{name}": part.cpu().numpy() for name, part in parts}
        write_arrays(self.path, arrays, self.key)

    def history(self) -> np.ndarray | None:
        """The history of the run so far; None when there is nothing to trust."""
        arrays = self._trusted()
        return None if arrays is None else arrays["history"]

    @torch.no_grad()
    def read(self, network: torch.nn.Module, optimizer: Adam) -> tuple[int, Arrays]:
        """Restore what `write` kept; the step to go on from and the snapshots, 0 and none without anything to trust.

        A damaged file, or one of another spec, code or torch, is passed over with a log line.
        """
        arrays = self._trusted()
        if arrays is None:
            return 0, {}
        step = int(arrays["step"][0])
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[f"parameter.{name}"]))
        if step:
            names = [name for name, _ in network.named_parameters()]
            device = optimizer.parameters[0].device
            kept = {each: [torch.from_numpy(arrays[f"{each}.{name}"]).to(device) for name in names] for each in MOMENTS}
            optimizer.restore(step, kept)
        LOG.info("resumed at step %d from %s", step, self.path)
        prefix = "snapshot."
        return step, {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    def _trusted(self) -> Arrays | None:
        if self.path is None or not self.path.exists():
            return None
        try:
            arrays, header = read_arrays(self.path)
        except FileError as error:
            LOG.warning("checkpoint passed over: %s", error)
            return None
        changed = [name for name, value in self.key.items() if header.get(name) != value]
        if changed:
            LOG.warning("checkpoint passed over: %s was made by another %s", self.path, " and ".join(changed))
            return None
        return arrays
