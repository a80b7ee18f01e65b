"""Claims of pooling_geometry."""

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Claim, Reference, Value

GEOMETRY_SOURCE = "1605.06743 (Cohen & Shashua, ICLR 2017), Experiments"
SHALLOW_SOURCE = "1605.06743, Experiments; 1509.05009 (depth); the count baseline is ours"

# task → the geometry that suits it, the other one, and typical accuracies of a ConvAC under the two
TASKS = {"closedness": ("square", "mirror", 0.95, 0.78), "symmetry": ("mirror", "square", 0.945, 0.83)}
# task → accuracy of the Bayes classifier on the number of pixels alone
COUNT_ACCURACY = {"closedness": 0.630, "symmetry": 0.774}


def geometry_claim(network: str, task: str, threshold: float) -> Claim:
    """The geometry that suits the task wins by more than `threshold` in test accuracy."""
    better, other, high, low = TASKS[task]
    return Claim(
        id=f"pooling-geometry-{network.lower().replace(' ', '-')}-{task}",
        statement=f"{network} on {task}: {better} pooling beats {other} by more than {threshold:g} in test accuracy",
        source=GEOMETRY_SOURCE,
        origin="paper",
        role="primary" if network == "ConvAC" else "secondary",
        amended=CHOSEN_AS_PRIMARY if network == "ConvAC" else None,
        where={"quantity": "test_accuracy", "task": task, "network": network},
        first={"geometry": better},
        second={"geometry": other},
        by=("width",),
        threshold=threshold,
        expected=(high, low),
    )


def shallow_claim(task: str) -> Claim:
    """The widest shallow ConvAC is no better than the pixel count plus its binomial interval."""
    better, _, high, _ = TASKS[task]
    return Claim(
        id=f"pooling-geometry-shallow-{task}",
        statement=f"Shallow ConvAC on {task}: test accuracy stays below the pixel count's plus its 95 % interval",
        source=SHALLOW_SOURCE,
        origin="ours",
        role="secondary",
        where={"quantity": "test_accuracy", "task": task, "width": LARGEST},
        first={"network": "ConvAC", "geometry": better},
        second={"network": "shallow ConvAC"},
        threshold=0.0,
        expected=(high, COUNT_ACCURACY[task] - 0.01),
        reference=Reference("count_accuracy", "test_images", {"task": task}, (COUNT_ACCURACY[task], 4000)),
    )


# of the log-odds on composites of held-out images, halves of images with pixels in each
ON_DATA: dict[str, Value | tuple[Value, ...]] = {
    "quantity": "interaction_share",
    "condition": "conditioned",
    "partition": "left-right",
    "network": ("ConvAC", "ConvAC signed", "ConvRect max", "ConvRect average"),
}
DEPENDENCE_SOURCE = "ours (dependence on data); 1605.06743, Inductive bias through pooling geometry"
MARGIN = 0.15  # of the equivalence with the label's own share


def label_claim(side: str, words: str, phases: tuple[str, str]) -> Claim:
    """One side of: what has learnt has the interaction share of the score behind its label."""
    return Claim(
        id=f"pooling-geometry-share-label-{side}",
        statement="Every kind and task: networks of accuracy 0.9 or more in their task's geometry have the left-right "
        f"interaction share of the label's own score, within {MARGIN:g}: {words}",
        source=DEPENDENCE_SOURCE,
        origin="ours",
        role="secondary",
        where={**ON_DATA, "fits": "yes"},
        first={"phase": phases[0]},
        second={"phase": phases[1]},
        by=("task", "network", "width"),
        every=True,
        threshold=-MARGIN,
        expected=(0.75, 0.25),
    )


CLAIMS = (
    *(geometry_claim("ConvAC", task, 0.05) for task in TASKS),
    *(geometry_claim(network, task, 0.02) for network in ("ConvRect max", "ConvRect average") for task in TASKS),
    *(shallow_claim(task) for task in TASKS),
    Claim(
        id="pooling-geometry-share-geometry",
        statement="Every kind and task: left-right interaction share of mirror pooling is more than 0.1 above that of "
        "square pooling",
        source=DEPENDENCE_SOURCE,
        origin="ours",
        role="primary",
        where={**ON_DATA, "phase": "trained"},
        first={"geometry": "mirror"},
        second={"geometry": "square"},
        by=("task", "network", "width"),
        every=True,
        threshold=0.1,
        expected=(0.55, 0.1),
    ),
    label_claim("no-less", "no less", ("learnt", "label")),
    label_claim("no-more", "no more", ("label", "learnt")),
    Claim(
        id="pooling-geometry-share-task",
        statement="Every kind, networks of accuracy 0.9 or more in their task's geometry: left-right interaction share "
        "on symmetry is more than 0.2 above that on closedness",
        source=DEPENDENCE_SOURCE,
        origin="ours",
        role="secondary",
        where={**ON_DATA, "fits": "yes", "phase": "learnt"},
        first={"task": "symmetry"},
        second={"task": "closedness"},
        by=("network", "width"),
        every=True,
        threshold=0.2,
        expected=(0.5, 0.05),
    ),
    Claim(
        id="pooling-geometry-signed-initialisation",
        statement="Signed ConvAC, mean over depths: calibrated start beats normal by more than 0.05 in test accuracy",
        source="ours; 1605.06743 trains in log space",
        origin="ours",
        role="secondary",
        where={"quantity": "test_accuracy", "network": "ConvAC signed"},
        first={"initialisation": "calibrated"},
        second={"initialisation": "normal"},
        by=("task", "geometry", "width", "levels"),
        threshold=0.05,
        expected=(0.85, 0.55),
    ),
    Claim(
        id="pooling-geometry-renyi2-min-cut",
        statement="Rényi-2 entropy never exceeds the logarithm of the min-cut (to 1e-9 nats)",
        source="1704.01552 (min-cut bound on the rank)",
        origin="check",
        role="secondary",
        where={},
        first={"quantity": "min_cut_log"},
        second={"quantity": "renyi2"},
        by=("cell", "partition"),
        kind="exact",
        threshold=-1e-9,
        expected=(8.0, 2.0),
    ),
)
