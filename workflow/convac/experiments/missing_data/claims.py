"""Claims of missing_data."""

from collections.abc import Iterator

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim
from convac.experiments.missing_data.block import COMPLETE, CONVNET, CP, HT, IMPUTATIONS
from convac.specs.measurements.missing import MARGINALISED

KINDS = ("points", "rectangles")

SOURCE = "1610.04167 (Sharir, Tamari, Cohen & Shashua), Experiments"
# against the best imputation, and on masks of another kind than the rival was trained on
PRIMARY = (("points", "convnet-neighbour"), ("rectangles", "convnet-neighbour"), ("points", "trained-rectangles"))
THRESHOLD = 0.02  # of test accuracy, mean over rates
MIXTURE = {"network": HT, "objective": "likelihood", "imputation": MARGINALISED}


def gain(name: str, statement: str, source: str, kind: str, first: dict[str, str], second: dict[str, str]) -> Claim:
    """The first beats the second on images with missing pixels, mean over rates."""
    primary = (kind, name) in PRIMARY
    return Claim(
        id=f"missing-data-{kind}-{name}",
        statement=f"Missing {kind}, mean over rates: {statement} by more than {THRESHOLD:g} in test accuracy",
        source=source,
        origin="paper" if source == SOURCE else "ours",
        role="primary" if primary else "secondary",
        amended=CHOSEN_AS_PRIMARY if primary else None,
        where={"quantity": "missing_accuracy", "missing": kind},
        first=first,
        second=second,
        by=("rate",),
        threshold=THRESHOLD,
        expected=(0.80, 0.50),
    )


def against_imputations(kind: str) -> Iterator[Claim]:
    """The mixture that leaves missing pixels out, against itself and a ConvNet on filled-in images."""
    for method in IMPUTATIONS:
        filled = {**MIXTURE, "imputation": method}
        words = f"the mixture marginalised beats the same mixture with {method} imputation"
        yield gain(f"same-{method}", words, f"ours, after {SOURCE}", kind, MIXTURE, filled)
    for method in IMPUTATIONS:
        filled = {"network": CONVNET, "trained_on": COMPLETE, "imputation": method}
        words = f"the marginalised mixture beats a ConvNet with {method} imputation"
        yield gain(f"convnet-{method}", words, SOURCE, kind, MIXTURE, filled)


def against_informed(kind: str) -> Iterator[Claim]:
    """The same mixture against ConvNets that were trained on missing pixels."""
    for known in KINDS:
        second = {"network": CONVNET, "trained_on": known, "imputation": "zero"}
        words = f"the marginalised mixture beats a ConvNet trained on missing {known}"
        yield gain(f"trained-{known}", words, SOURCE, kind, MIXTURE, second)


def against_objectives(kind: str) -> Iterator[Claim]:
    """Marginalised mixtures: trained by likelihood against for the classes alone, tree against one level."""
    scores = {**MIXTURE, "objective": "discriminative"}
    words = "of two marginalised mixtures, the one trained by likelihood beats the one trained discriminatively"
    yield gain("objective", words, f"ours, after {SOURCE}", kind, MIXTURE, scores)
    words = "of two marginalised mixtures, the tree (HT) beats the one of one level (CP)"
    yield gain("depth", words, SOURCE, kind, MIXTURE, {**MIXTURE, "network": CP})


CLAIMS = (
    *(claim for kind in KINDS for claim in against_imputations(kind)),
    *(claim for kind in KINDS for claim in against_informed(kind)),
    *(claim for kind in KINDS for claim in against_objectives(kind)),
    Claim(
        id="missing-data-complete",
        statement="Where nothing is missing, the ConvNet beats the mixture trained by likelihood by more than 0.01 in "
        "test accuracy",
        source="ours",
        origin="ours",
        role="secondary",
        where={"quantity": "missing_accuracy", "missing": "none", "trained_on": COMPLETE},
        first={"network": CONVNET},
        second={"network": HT, "objective": "likelihood"},
        threshold=0.01,
        expected=(0.99, 0.95),
    ),
)
