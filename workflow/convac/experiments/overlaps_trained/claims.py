"""Claims of overlaps_trained."""

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim
from convac.experiments.image_runs import GLOBAL, LOCAL, NetworkKind
from convac.experiments.overlaps_trained.block import KINDS

SOURCE = "1703.02065 (Sharir & Shashua, ICLR 2018), Experiments"


def kernel_claim(kind: NetworkKind, task: str, larger: int, smaller: int, threshold: float) -> Claim:
    """The larger kernel wins; the source compares networks that overlap with those that do not."""
    own = kind != "ConvNet" or smaller != 1
    return Claim(
        id=f"overlaps-trained-{kind.lower()}-{task}-{larger}-{smaller}",
        statement=f"{kind} on {task} images: kernel {larger} beats kernel {smaller} by more than {threshold:g} "
        "in test accuracy at equal parameters",
        source=f"ours, after {SOURCE}" if own else SOURCE,
        origin="ours" if own else "paper",
        role="secondary" if own else "primary",
        amended=None if own else CHOSEN_AS_PRIMARY,
        where={"quantity": "test_accuracy", "network": kind, "task": task},
        first={"kernel": larger},
        second={"kernel": smaller},
        threshold=threshold,
        expected=(0.95, 0.60),
    )


CLAIMS = (
    *(kernel_claim(kind, task, 3, 1, 0.05) for kind in KINDS for task in (LOCAL, GLOBAL)),
    *(kernel_claim(kind, task, 3, 2, 0.01) for kind in KINDS for task in (LOCAL, GLOBAL)),
)
