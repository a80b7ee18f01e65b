"""Claims of pooling_geometry."""

from convac.claims.claims import LARGEST, Amendment, Claim, Reference
from convac.claims.papers import paper
from convac.claims.sentences import Sentences

GEOMETRY_SOURCE = paper("1605.06743", "Experiments")

# task → the geometry that suits it, the other one, and typical accuracies of a ConvAC under the two
TASKS = {"closedness": ("square", "mirror", 0.95, 0.78), "symmetry": ("mirror", "square", 0.945, 0.83)}
# task → accuracy of the Bayes classifier on the number of pixels alone
COUNT_ACCURACY = {"closedness": 0.630, "symmetry": 0.774}
RETRAINED = (
    "other schedules, 10,000 training images for 20,000, seeds 20 to 29 for 10 to 19; then 8,000 steps for 4,000, "
    "seeds 30 to 39 for 20 to 29"
)
UNSETTLED = (
    "networks of the first reference run had not converged; those of the second did better, in a pilot, after twice "
    "the steps"
)
ANEW = Amendment("2026-11-30", RETRAINED, UNSETTLED)
PRIMARY_ANEW = Amendment(
    "2026-11-30", f"made a primary; {RETRAINED}", f"roles were given after a first reference run; {UNSETTLED}"
)
ACCURACIES = Sentences("pooling-geometry", where={"quantity": "test_accuracy"}, amended=ANEW)


def geometry_claim(network: str, task: str, threshold: float) -> Claim:
    """The geometry that suits the task wins by more than `threshold` in test accuracy."""
    better, other, high, low = TASKS[task]
    return ACCURACIES.beats(
        f"{network.lower().replace(' ', '-')}-{task}",
        f"{network} on {task}: {better} pooling beats {other} by more than {threshold:g} in test accuracy",
        {"geometry": better},
        {"geometry": other},
        threshold,
        source=GEOMETRY_SOURCE,
        role="primary" if network == "ConvAC" else "secondary",
        amended=PRIMARY_ANEW if network == "ConvAC" else ANEW,
        where={"task": task, "network": network},
        by=("width",),
        expected=(high, low),
    )


def shallow_claim(task: str) -> Claim:
    """The widest shallow ConvAC is no better than the pixel count plus its binomial interval."""
    better, _, high, _ = TASKS[task]
    return ACCURACIES.beats(
        f"shallow-{task}",
        f"Shallow ConvAC on {task}: test accuracy stays below the upper end of the count baseline's 95 % interval",
        {"network": "ConvAC", "geometry": better},
        {"network": "shallow ConvAC"},
        source=f"ours, after {GEOMETRY_SOURCE}, and {paper('1509.05009')}: depth",
        where={"task": task, "width": LARGEST},
        expected=(high, COUNT_ACCURACY[task] - 0.01),
        reference=Reference("count_accuracy", "test_images", {"task": task}, (COUNT_ACCURACY[task], 4000)),
    )


CLAIMS = (
    *(geometry_claim("ConvAC", task, 0.05) for task in TASKS),
    *(geometry_claim(network, task, 0.02) for network in ("ConvRect max", "ConvRect average") for task in TASKS),
    *(shallow_claim(task) for task in TASKS),
    ACCURACIES.beats(
        "signed-initialisation",
        "Signed ConvAC, mean over depths: the calibrated initialisation beats the normal one by more than "
        "0.05 in test accuracy",
        {"initialisation": "calibrated"},
        {"initialisation": "normal"},
        0.05,
        source=f"ours, after {GEOMETRY_SOURCE}; there positive weights are trained as logarithms",
        where={"network": "ConvAC signed"},
        by=("task", "geometry", "width", "levels"),
        expected=(0.85, 0.55),
    ),
)
