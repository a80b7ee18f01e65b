"""Claims of information_scaling."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Claim, Labels, Origin, equality
from convac.claims.papers import paper
from convac.experiments.information_scaling.block import RANDOM

AVERAGES = ("consistent", "uniform", "maximum")
PRIMARY = ("32-invertible", "assumption-1", "36-49-densities")

PAPER = paper("1802.04473")
ROUNDING = -1e-9  # nats
GENERAL = ("categorical", "Gaussian")
EQUAL = ("categorical, equal entropies", "Gaussian, equal entropies")
MIXTURE = ("network", "family", "leaves", "sites", "average")


def cited(source: str, origin: Origin) -> str:
    """A source, which the claim only follows where it is ours."""
    return f"ours, after {source}" if origin == "ours" and source.startswith(PAPER) else source


def activation(name: str, statement: str, source: str, threshold: float, where: Labels, origin: Origin) -> Claim:
    """The entropy of a variable falls by at least the threshold."""
    return Claim(
        id=f"information-scaling-{name}",
        statement=statement,
        source=cited(f"{PAPER}, {source}", origin),
        origin=origin,
        role="secondary",
        where=where,
        first={"quantity": "entropy_before"},
        second={"quantity": "entropy_after"},
        by=("variable", "case"),
        kind="exact",
        threshold=threshold,
        expected=(3.0, 1.0),
    )


def mapping(
    name: str, text: str, source: str, where: Labels, threshold: float = ROUNDING, origin: Origin = "check"
) -> Claim:
    """A statement holds for every single mapping: its smallest margin isn't below zero."""
    return Claim(
        id=f"information-scaling-{name}",
        statement=text,
        source=cited(source, origin),
        origin=origin,
        role="primary" if name in PRIMARY else "secondary",
        amended=CHOSEN_AS_PRIMARY if name in PRIMARY else None,
        where=where,
        first={"quantity": "smallest_margin"},
        second={"quantity": "required_margin"},
        by=("leaves", "family", "average", "case"),
        kind="exact",
        threshold=threshold,
        expected=(0.2, 0.0),
    )


def law(name: str, text: str, source: str, left: str, right: str, where: Labels, origin: Origin = "check") -> Claim:
    """One quantity of whole mixtures is at least another, where both are exact."""
    return Claim(
        id=f"information-scaling-{name}",
        statement=text,
        source=cited(source, origin),
        origin=origin,
        role="secondary",
        where={"method": "exact", **where},
        first={"quantity": left},
        second={"quantity": right},
        by=MIXTURE,
        kind="exact",
        threshold=ROUNDING,
        expected=(8.0, 4.0),
    )


def sampled(name: str, text: str, source: str, left: str, right: str) -> Claim:
    """The same on average over seeds, for the largest pairs trees, by draws."""
    return Claim(
        id=f"information-scaling-{name}-sampled",
        statement=f"HT, most sites: {text}",
        source=source,
        origin="check",
        role="secondary",
        where={
            "method": "sampled",
            "average": "consistent",
            "sites": LARGEST,
            "network": "HT",
            "family": (*RANDOM, "trained"),
        },
        first={"quantity": left},
        second={"quantity": right},
        by=("family", "leaves"),
        threshold=0.0,
        expected=(40.0, 30.0),
    )


def average_origin(average: str, consistent: Origin = "check") -> Origin:
    """Whose statement it is by the average that it is read with: the paper weighs by P(d), as eq. 30 has it.

    Args:
        average: how entropies given a state are averaged.
        consistent: the origin with the paper's average, of which most statements are theorems.
    """
    return consistent if average == "consistent" else "ours"


NAMES = {
    "consistent": "Consistent prior",
    "uniform": "Uniform average",
    "maximum": "Maximum over states",
}
INCREASES = "H(X) − Σ H(x_i|d_i)"

CLAIMS = (
    activation(
        "1-density",
        "Sigmoid lowers the differential entropy of any variable with a density",
        "Theorem 1",
        1e-9,
        {"activation": "sigmoid", "variable": "density"},
        "check",
    ),
    activation(
        "1-by-ln4",
        "Sigmoid lowers the differential entropy of any variable with a density by at least ln 4",
        "Theorem 1; there for any decrease",
        math.log(4) + ROUNDING,
        {"activation": "sigmoid", "variable": "density"},
        "check",
    ),
    activation(
        "1-discrete",
        "Sigmoid lowers the entropy of discrete variables",
        "Theorem 1; there for variables with a density",
        1e-9,
        {"activation": "sigmoid", "variable": "discrete"},
        "ours",
    ),
    *equality(
        activation(
            "2-non-negative",
            "ReLU leaves the entropy of non-negative variables unchanged",
            "Theorem 2",
            ROUNDING,
            {"activation": "ReLU", "sign": "non-negative"},
            "check",
        )
    ),
    Claim(
        id="information-scaling-2-either",
        statement="ReLU does not lower the entropy of variables of either sign",
        source=f"ours, after {PAPER}, Theorem 2; its proof takes X ≥ 0",
        origin="ours",
        role="secondary",
        where={"activation": "ReLU", "sign": "either"},
        first={"quantity": "entropy_after"},
        second={"quantity": "entropy_before"},
        by=("variable", "case"),
        kind="exact",
        threshold=ROUNDING,
        expected=(3.0, 1.0),
    ),
    *(
        mapping(
            f"3-{average}",
            f"{NAMES[average]}: a mapping never lowers the entropy",
            f"{PAPER}, Theorem 3",
            {"statement": "Theorem 3", "average": average, "leaves": GENERAL},
            origin=average_origin(average),
        )
        for average in AVERAGES
    ),
    mapping(
        "3-doubly-stochastic",
        "Uniform average: doubly stochastic mappings never lower the entropy",
        f"{PAPER}, Theorem 3; the condition is ours",
        {"statement": "Theorem 3", "average": "uniform", "family": "doubly stochastic"},
    ),
    mapping(
        "3-equal-entropies",
        "Components of equal entropy: no mapping lowers the entropy, whatever the average",
        f"{PAPER}, Theorem 3; the condition is ours",
        {"statement": "Theorem 3", "leaves": EQUAL},
    ),
    *(
        mapping(
            f"29-{average}",
            f"{NAMES[average]}: given any one state above, the entropy is at least H(φ|d) below",
            f"{PAPER}, eq. 29",
            {"statement": "eq. 29", "average": average, "leaves": GENERAL},
            origin=average_origin(average, "paper"),
        )
        for average in AVERAGES
    ),
    mapping(
        "29-equal-entropies",
        "Components of equal entropy: given any one state above, the entropy is at least H(φ|d) below",
        f"{PAPER}, eq. 29; the condition is ours",
        {"statement": "eq. 29", "leaves": EQUAL},
    ),
    mapping(
        "32-invertible",
        "Invertible mappings leave the entropy unchanged",
        f"{PAPER}, eqs. 31 and 32",
        {"statement": "eq. 32", "average": "consistent", "leaves": GENERAL},
        origin="paper",
    ),
    mapping(
        "32-one-state",
        "Mappings whose every row is a single state leave the entropy unchanged, invertible or not",
        f"{PAPER}, eq. 32; the condition is ours",
        {"statement": "no loss", "family": "selection"},
    ),
    *(
        mapping(
            f"33-{average}",
            f"{NAMES[average]}: a mapping raises the entropy by at most C = ln r",
            f"{PAPER}, eq. 33; C = ln r is ours",
            {"statement": "eq. 33", "average": average, "leaves": GENERAL},
            origin=average_origin(average),
        )
        for average in AVERAGES
    ),
    mapping(
        "assumption-1",
        "A singular mapping raises the entropy as much as any other mapping does",
        f"{PAPER}, Assumption 1",
        {"statement": "Assumption 1", "leaves": "categorical"},
        origin="paper",
    ),
    mapping(
        "capacity",
        "No mapping raises the entropy by more than the capacity of the components",
        "ours: the capacity is the smallest C",
        {"statement": "capacity", "leaves": "categorical"},
    ),
    mapping(
        "capacity-reached",
        "A mapping with equal rows, hence singular, reaches the capacity to within 0.001 nats",
        f"{PAPER}, Assumption 1, read as: a singular mapping reaches the maximum",
        {"statement": "capacity reached"},
        -1e-3,
        "ours",
    ),
    *(
        law(
            f"19-{step}-{average}",
            f"{NAMES[average]}, CP: {text}",
            f"{PAPER}, eq. 19",
            left,
            right,
            {"network": "CP", "average": average},
            average_origin(average),
        )
        for step, text, left, right in (
            ("root", "H(X) ≥ H(X|z)", "input_entropy", "root_entropy"),
            ("components", "H(X|z) ≥ Σ H(x_i|d_i)", "root_entropy", "component_entropy"),
        )
        for average in AVERAGES
    ),
    *(
        law(
            f"22-{average}",
            f"{NAMES[average]}, HT: H(X) ≥ Σ H(x_i|d_i)",
            f"{PAPER}, eq. 22",
            "input_entropy",
            "component_entropy",
            {"network": "HT", "average": average},
            average_origin(average),
        )
        for average in AVERAGES
    ),
    sampled("22", "H(X) ≥ Σ H(x_i|d_i)", f"{PAPER}, eq. 22", "input_entropy", "component_entropy"),
    *(
        law(
            f"{number}-{average}",
            f"{NAMES[average]}, {network}: {INCREASES} ≤ ({count}) ln r",
            f"{PAPER}, eq. {number} with C = ln r",
            "width_bound",
            "entropy_increase",
            {"network": network, "average": average},
            average_origin(average),
        )
        for number, network, count in ((35, "HT", "2N − 1"), (48, "CP", "N + 1"))
        for average in AVERAGES
    ),
    law(
        "35-48-measured",
        f"Every average: {INCREASES} ≤ (2N − 1) C for HT, (N + 1) C for CP, with C the largest increase across a "
        "mapping",
        f"{PAPER}, eqs. 35 and 48",
        "mapping_bound",
        "entropy_increase",
        {"average": AVERAGES},
    ),
    sampled("35", f"{INCREASES} ≤ (2N − 1) ln r", f"{PAPER}, eq. 35 with C = ln r", "width_bound", "entropy_increase"),
    *equality(
        Claim(
            id="information-scaling-codebook",
            statement="Nested codebooks reach the bounds of eqs. 35 and 48 at every N",
            source="ours: the law is sharp in C",
            origin="ours",
            role="secondary",
            where={"family": "codebook", "leaves": "symbols", "average": "consistent"},
            first={"quantity": "entropy_increase"},
            second={"quantity": "mapping_bound"},
            by=("network", "sites"),
            kind="exact",
            threshold=ROUNDING,
            expected=(8.0, 4.0),
        )
    ),
    *(
        law(
            f"{number}-discrete",
            f"Every average, {network}, discrete: H(X) / Σ H(x_i|d_i) ≤ β{power}",
            f"{PAPER}, eq. {number}",
            "ratio_bound",
            "entropy_ratio",
            {"network": network, "average": AVERAGES},
        )
        for number, network, power in ((36, "HT", "^(L + 1)"), (49, "CP", "²"))
    ),
    mapping(
        "36-49-densities",
        "Two sites with densities: H(X) / Σ H(x_i|d_i) ≤ β²",
        f"{PAPER}, eqs. 36 and 49",
        {"statement": "eqs. 36, 49", "leaves": "Gaussian"},
        origin="paper",
    ),
    law(
        "sites",
        f"{INCREASES} ≤ N ln r, about half the bound of eq. 35",
        "ours",
        "site_bound",
        "entropy_increase",
        {"average": "consistent"},
    ),
    sampled("sites", f"{INCREASES} ≤ N ln r", "ours", "site_bound", "entropy_increase"),
    Claim(
        id="information-scaling-ratio-falls",
        statement="The largest ratio β across a mapping is over 1.1 times as large at the first level as at the last",
        source="ours: eq. 36 compounds a ratio that falls to 1",
        origin="ours",
        role="secondary",
        where={"network": "HT", "leaves": "binary", "family": RANDOM, "quantity": "mapping_ratio", "sites": LARGEST},
        first={"place": "first"},
        second={"place": "last"},
        by=("family",),
        logarithmic=True,
        threshold=math.log(1.1),
        expected=(2.0, 1.01),
    ),
    Claim(
        id="information-scaling-sampling",
        statement="Sampled entropies are within four standard errors of the exact ones",
        source="ours",
        origin="check",
        role="secondary",
        where={"average": "consistent"},
        first={"quantity": "sampling_limit"},
        second={"quantity": "sampling_deviation"},
        by=MIXTURE,
        kind="exact",
        threshold=0.0,
        expected=(0.1, 0.02),
    ),
    Claim(
        id="information-scaling-trained",
        statement="Most sites, HT: the log-likelihood of held-out digits exceeds that of independent pixels by over "
        "0.03 nats a site",
        source="ours",
        origin="ours",
        role="secondary",
        where={"network": "HT", "family": "trained", "sites": LARGEST},
        first={"quantity": "test_log_likelihood"},
        second={"quantity": "independent_log_likelihood"},
        threshold=0.03,
        expected=(-0.32, -0.39),
    ),
)
