"""Claims of layer_widths."""

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim
from convac.experiments.image_runs import GLOBAL, LOCAL, NetworkKind
from convac.experiments.layer_widths.block import KINDS

SOURCE = "1704.01552 (Levine, Yakira, Cohen & Shashua, ICLR 2018), Experiments"
# task → the profile that the paper finds better, the other one, and the least gain that counts
BETTER = {LOCAL: ("wide-base", "wide-tip", 0.02), GLOBAL: ("wide-tip", "wide-base", 0.01)}


def profile_claim(kind: NetworkKind, task: str) -> Claim:
    """The profile that suits a task wins, mean over sizes of networks."""
    better, other, threshold = BETTER[task]
    return Claim(
        id=f"layer-widths-{kind.lower()}-{task}",
        statement=f"{kind} on {task} images, mean over sizes: {better} beats {other} by more than {threshold:g} "
        "in test accuracy at equal parameters",
        source=SOURCE if kind == "ConvNet" else f"ours, after {SOURCE}",
        origin="paper" if kind == "ConvNet" else "ours",
        role="primary" if kind == "ConvNet" else "secondary",
        amended=CHOSEN_AS_PRIMARY if kind == "ConvNet" else None,
        where={"quantity": "test_accuracy", "network": kind, "task": task},
        first={"profile": better},
        second={"profile": other},
        by=("parameters",),
        threshold=threshold,
        expected=(0.95, 0.80),
    )


def cut_claim(kind: NetworkKind) -> Claim:
    """The network with the larger min-cut at the task's length scale wins."""
    return Claim(
        id=f"layer-widths-{kind.lower()}-min-cut",
        statement=f"{kind}, mean over tasks and sizes: the profile with the larger min-cut at the task's length scale "
        "beats the other by more than 0.01 in test accuracy",
        source=f"{SOURCE}; the cut at a length scale is ours",
        origin="ours",
        role="secondary",
        where={"quantity": "test_accuracy", "network": kind, "task": (LOCAL, GLOBAL)},
        first={"cut_rank": "larger"},
        second={"cut_rank": "smaller"},
        by=("task", "parameters"),
        threshold=0.01,
        expected=(0.95, 0.80),
    )


def control_claim(size: str, better: str, other: str) -> Claim:
    """On pairs of marks the profile wins that is wide at the level where their distance is bridged."""
    return Claim(
        id=f"layer-widths-control-{size}",
        statement=f"Marks at the {size} distance: {better} beats {other} by more than 0.01 in test accuracy",
        source=f"ours, after {SOURCE}",
        origin="ours",
        role="secondary",
        where={"quantity": "test_accuracy", "task": "agreement", "gap": size},
        first={"profile": better},
        second={"profile": other},
        threshold=0.01,
        expected=(0.99, 0.90),
    )


CLAIMS = (
    *(profile_claim(kind, task) for kind in KINDS for task in BETTER),
    *(cut_claim(kind) for kind in KINDS),
    control_claim("shortest", "wide-base", "wide-tip"),
    control_claim("longest", "wide-tip", "wide-base"),
)
