"""A real SLURM of two nodes on this machine, everything that it writes in one folder, for as long as tests run."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "sinfo", "scontrol")
PACKAGES = "slurmctld slurmd slurm-client munge"  # Debian's
# Daemons stand where a user's PATH doesn't look.
DAEMONS = "/usr/sbin:/usr/local/sbin"
NODES = ("n1", "n2")
START = 120.0  # seconds that the nodes may take until they accept jobs

# No systemd and no cgroups: processes are found by their parents, memory is read once a second and enforced.
# Two nodes of one host need a port each; `config_overrides` lets them claim more than the host has, so that what
# a job asks for decides where it runs, not the machine that the tests happen to run on.
CONFIG = """
ClusterName=convac
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={controller}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/%n
StateSaveLocation={folder}/state
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory,CR_LLN
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
GresTypes=gpu
ReturnToService=2
EnforcePartLimits=ALL
MinJobAge=300
KillWait=2
PropagateResourceLimits=NONE
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/completed
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,NoShared
AccountingStorageType=accounting_storage/none
{nodes}
PartitionName=other Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=chosen Nodes=ALL MaxTime=INFINITE State=UP
PartitionName=closed Nodes=ALL MaxTime=INFINITE State=DOWN
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=16000 Gres=gpu:1"


def missing() -> str:
    """Why there is no SLURM to test with on this machine; empty when there is one."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:{DAEMONS}") is None]
    return f"no {', '.join(absent)}: install Debian's packages {PACKAGES}" if absent else ""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@dataclass(frozen=True)
class Slurm:
    """A running cluster."""

    folder: Path

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Variables of a shell from which commands reach this cluster in place of any other."""
        return {**base, "SLURM_CONF": f"{self.folder}/slurm.conf", "PATH": f"{self.folder}/bin:{base['PATH']}"}

    def run(self, *command: str) -> str:
        """What a SLURM command prints."""
        return subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def completed(self) -> list[dict[str, str]]:
        """A record per ended job, as SLURM wrote it, the oldest first."""
        path = self.folder / "completed"
        lines = path.read_text().splitlines() if path.exists() else []
        return [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]

    def queue(self, *states: str) -> list[str]:
        """Numbers of the jobs that wait, run or are ending, or of those in some states; an array's tasks one by one."""
        wanted = [f"--states={','.join(states)}"] if states else []
        return self.run("squeue", "--noheader", "--array", "--format=%i", *wanted).split()


@contextmanager
def slurm(folder: Path) -> Iterator[Slurm]:
    """A cluster of two nodes that keeps to `folder`; stopped, with all its jobs, at the end."""
    configure(folder)
    cluster, path = Slurm(folder), f"{os.environ['PATH']}:{DAEMONS}"
    environment = {**cluster.environment(), "PATH": path}
    munge = ["munged", "--foreground", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket"]
    munge += [f"--{name}-file={folder}/munged.{name}" for name in ("pid", "log", "seed")]
    daemons: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> None:
        with (folder / f"daemon-{len(daemons)}.log").open("w") as log:
            daemon = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        daemons.append(daemon)

    try:
        start(*munge)
        wait_until((folder / "munge.socket").exists, folder)
        start("slurmctld", "-D")
        for name in NODES:
            start("slurmd", "-D", "-N", name)
        wait_until(lambda: idle(cluster), folder)
        yield cluster
    finally:
        stop(cluster, daemons)


def configure(folder: Path) -> None:
    """Write key, configuration and state folders."""
    for name in ("state", "bin", *NODES):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o700)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    host = socket.gethostname().split(".")[0]
    controller, *ports = free_ports(1 + len(NODES))
    nodes = "\n".join(NODE.format(name=name, host=host, port=port) for name, port in zip(NODES, ports, strict=True))
    text = CONFIG.format(host=host, user=getpass.getuser(), folder=folder, controller=controller, nodes=nodes)
    (folder / "slurm.conf").write_text(text)
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    (folder / "gres.conf").write_text("".join(f"NodeName={name} Name=gpu File=/dev/null\n" for name in NODES))
    # the executor hides SLURM_CONF from the steps of a job; a cluster with its file in /etc/slurm doesn't notice
    step = folder / "bin/srun"
    step.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
    step.chmod(0o755)


def idle(cluster: Slurm) -> bool:
    """Whether every node accepts jobs."""
    try:
        states = cluster.run("sinfo", "--noheader", "--Node", "--partition=chosen", "--format=%t").split()
    except subprocess.CalledProcessError:
        return False
    return len(states) == len(NODES) and set(states) == {"idle"}


def wait_until(ready: Callable[[], bool], folder: Path) -> None:
    """Wait until the cluster is ready; asserts that it is in time, showing its logs."""
    deadline = time.monotonic() + START
    while not ready():
        logs = "\n".join(path.read_text(errors="replace")[-1000:] for path in sorted(folder.glob("*.log")))
        assert time.monotonic() < deadline, f"SLURM didn't start:\n{logs}"
        time.sleep(0.1)


def stop(cluster: Slurm, daemons: list[subprocess.Popen[bytes]]) -> None:
    """End every job, then the daemons."""
    try:
        if queue := cluster.queue():
            cluster.run("scancel", *queue)
            deadline = time.monotonic() + START
            while cluster.queue() and time.monotonic() < deadline:
                time.sleep(0.2)
    except subprocess.SubprocessError:
        pass  # it never started
    for daemon in reversed(daemons):
        daemon.terminate()
        try:
            daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
