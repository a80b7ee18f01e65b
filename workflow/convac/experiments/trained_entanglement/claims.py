"""Claims of trained_entanglement."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim
from convac.experiments.trained_entanglement.block import NETWORKS

SOURCE = "lecture slides of Cohen (2019), Measuring Dependence; 2103.11785"
SPLIT = {"partition": "left-right", "quantity": "renyi2", "network": "ConvAC", "control": "none"}


def task_claim(phase: str, words: str) -> Claim:
    """Networks trained on symmetry entangle left with right more than those trained on closedness."""
    return Claim(
        id=f"trained-entanglement-task-{phase}",
        statement=f"Mirror ConvAC, {words}: left-right Rényi-2 on symmetry is more than 1.25 times that on closedness",
        source=SOURCE,
        origin="ours",
        role="secondary",
        where={**SPLIT, "geometry": "mirror", "phase": phase},
        first={"task": "symmetry"},
        second={"task": "closedness"},
        threshold=math.log(1.25),
        logarithmic=True,
        expected=(6.0, 2.0),
    )


def rise_claim(task: str, geometry: str) -> Claim:
    """Training raises the entropy."""
    return Claim(
        id=f"trained-entanglement-rise-{task}-{geometry}",
        statement=f"{geometry.capitalize()} ConvAC on {task}: training more than doubles the largest bond entropy",
        source=SOURCE,
        origin="ours",
        role="secondary",
        where={"quantity": "largest_bond_entropy", "task": task, "geometry": geometry, "control": "none"},
        first={"phase": "trained"},
        second={"phase": "untrained"},
        threshold=math.log(2),
        logarithmic=True,
        expected=(1.5, 0.1),
    )


def used_claim(task: str, geometry: str) -> Claim:
    """A network whose bonds keep one Schmidt vector loses accuracy."""
    return Claim(
        id=f"trained-entanglement-used-{task}-{geometry}",
        statement=f"{geometry.capitalize()} ConvAC on {task}: without entanglement, one Schmidt vector per bond, it "
        "loses more than 0.05 of its test accuracy",
        source="ours (causal test)",
        origin="ours",
        role="secondary",
        where={"task": task, "geometry": geometry, "network": "ConvAC", "control": "none"},
        first={"quantity": "full_accuracy"},
        second={"quantity": "truncated_accuracy", "rank": 1},
        threshold=0.05,
        expected=(0.9, 0.5),
    )


COMPARED = tuple((task, geometry) for task, geometry, control in NETWORKS if control == "none")

CLAIMS = (
    task_claim("trained", "after training"),
    task_claim("matched", "at equal training loss"),
    *(rise_claim(task, geometry) for task, geometry in COMPARED),
    Claim(
        id="trained-entanglement-geometry",
        statement="On symmetry the square ConvAC, whose left-right cut is small, falls behind the mirror one by more "
        "than 0.05 in test accuracy",
        source="1605.06743, Experiments",
        origin="paper",
        role="primary",
        amended=CHOSEN_AS_PRIMARY,
        where={"quantity": "test_accuracy", "task": "symmetry", "network": "ConvAC", "control": "none"},
        first={"geometry": "mirror"},
        second={"geometry": "square"},
        threshold=0.05,
        expected=(0.9, 0.75),
    ),
    *(
        Claim(
            id=f"trained-entanglement-{control}",
            statement=f"Mirror ConvAC on symmetry: left-right Rényi-2 is more than 1.25 times that with {words}",
            source="ours (control)",
            origin="ours",
            role="secondary",
            where={k: v for k, v in SPLIT.items() if k != "control"}
            | {"task": "symmetry", "geometry": "mirror", "phase": "trained"},
            first={"control": "none"},
            second={"control": control},
            threshold=math.log(1.25),
            logarithmic=True,
            expected=(6.0, 2.0),
        )
        for control, words in (("shuffled", "shuffled labels"), ("permuted", "permuted pixels"))
    ),
    *(used_claim(task, geometry) for task, geometry in COMPARED),
    Claim(
        id="trained-entanglement-knee",
        statement="Every compared ConvAC, mean: bonds truncated to exp(S) Schmidt vectors, S the largest bond entropy, "
        "keep the test accuracy within 0.02",
        source="ours (causal test)",
        origin="ours",
        role="secondary",
        where={"network": "ConvAC", "control": "none"},
        first={"quantity": "rule_accuracy"},
        second={"quantity": "knee_accuracy"},
        by=("task", "geometry"),
        threshold=0.0,
        expected=(0.95, 0.85),
    ),
    Claim(
        id="trained-entanglement-min-cut",
        statement="Rényi-2 entropy never exceeds the logarithm of the min-cut (to 1e-9 nats)",
        source="1704.01552 (min-cut bound on the rank)",
        origin="check",
        role="secondary",
        where={"network": "ConvAC"},
        first={"quantity": "min_cut_log"},
        second={"quantity": "renyi2"},
        by=("cell", "phase", "moment", "partition"),
        kind="exact",
        threshold=-1e-9,
        expected=(8.0, 2.0),
    ),
)
