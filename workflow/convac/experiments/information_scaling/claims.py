"""Claims of information_scaling."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, LARGEST, Claim, Labels, Origin
from convac.claims.papers import paper
from convac.claims.sentences import Parts, Sentences
from convac.experiments.information_scaling.block import RANDOM

PAPER = paper("1802.04473")
ROUNDING = 1e-9  # nats
GENERAL = ("categorical", "Gaussian")
EQUAL = ("categorical, equal entropies", "Gaussian, equal entropies")
MIXTURE = ("network", "family", "leaves", "sites", "average")
PRIMARY: Parts = {"origin": "paper", "role": "primary", "amended": CHOSEN_AS_PRIMARY}
AVERAGES = {
    "consistent": "Consistent prior",
    "uniform": "Uniform average",
    "maximum": "Maximum over states",
}
INCREASES = "H(X) − Σ H(x_i|d_i)"

SAID = Sentences("information-scaling")
ACTIVATIONS = SAID.about(origin="check", by=("variable", "case"), expected=(3.0, 1.0))
MAPPINGS = SAID.about(origin="check", by=("leaves", "family", "average", "case"), expected=(0.2, 0.0))
MARGINS = ("smallest_margin", "required_margin")  # of a statement about a mapping: it holds if the first isn't below
# whole mixtures: where all entropies are exact, and the largest pairs trees by draws, on average over seeds
EXACT = SAID.about(origin="check", where={"method": "exact"}, by=MIXTURE, expected=(8.0, 4.0))
SAMPLED = SAID.about(
    origin="check",
    where={
        "method": "sampled",
        "average": "consistent",
        "sites": LARGEST,
        "network": "HT",
        "family": (*RANDOM, "trained"),
    },
    by=("family", "leaves"),
    expected=(40.0, 30.0),
)


def weighed(average: str, source: str, where: Labels, consistent: Origin = "check") -> Parts:
    """Whose statement it is by the average that it is read with: the paper weighs by P(d), as eq. 30 has it.

    Args:
        average: how entropies given a state are averaged.
        source: where the paper says so.
        where: other filters.
        consistent: the origin with the paper's average, of which most statements are theorems.
    """
    return {
        "source": source if average == "consistent" else f"ours, after {source}",
        "origin": consistent if average == "consistent" else "ours",
        "where": {"average": average, **where},
    }


def averaged(name: str, words: str, source: str, statement: str, consistent: Origin = "check") -> tuple[Claim, ...]:
    """What is said of every single mapping, with each average."""
    return tuple(
        MAPPINGS.reaches(
            f"{name}-{average}",
            f"{told}: {words}",
            *MARGINS,
            -ROUNDING,
            **weighed(average, source, {"statement": statement, "leaves": GENERAL}, consistent),
        )
        for average, told in AVERAGES.items()
    )


def mixtures(name: str, words: str, source: str, network: str, subject: str, bound: str) -> tuple[Claim, ...]:
    """What is said of whole mixtures, with each average."""
    return tuple(
        EXACT.never_exceeds(
            f"{name}-{average}",
            f"{told}, {words}",
            subject,
            bound,
            ROUNDING,
            **weighed(average, source, {"network": network}),
        )
        for average, told in AVERAGES.items()
    )


CLAIMS = (
    ACTIVATIONS.reaches(
        "1-density",
        "Sigmoid lowers the differential entropy of any variable with a density",
        "entropy_before",
        "entropy_after",
        1e-9,
        source=f"{PAPER}, Theorem 1",
        where={"activation": "sigmoid", "variable": "density"},
    ),
    ACTIVATIONS.reaches(
        "1-by-ln4",
        "Sigmoid lowers the differential entropy of any variable with a density by at least ln 4",
        "entropy_before",
        "entropy_after",
        math.log(4) - ROUNDING,
        source=f"{PAPER}, Theorem 1; there for any decrease",
        where={"activation": "sigmoid", "variable": "density"},
    ),
    ACTIVATIONS.reaches(
        "1-discrete",
        "Sigmoid lowers the entropy of discrete variables",
        "entropy_before",
        "entropy_after",
        1e-9,
        source=f"ours, after {PAPER}, Theorem 1; there for variables with a density",
        origin="ours",
        where={"activation": "sigmoid", "variable": "discrete"},
    ),
    ACTIVATIONS.equals(
        "2-non-negative",
        "ReLU leaves the entropy of non-negative variables unchanged",
        "entropy_before",
        "entropy_after",
        ROUNDING,
        source=f"{PAPER}, Theorem 2",
        where={"activation": "ReLU", "sign": "non-negative"},
    ),
    ACTIVATIONS.reaches(
        "2-either",
        "ReLU does not lower the entropy of variables of either sign",
        "entropy_after",
        "entropy_before",
        -ROUNDING,
        source=f"ours, after {PAPER}, Theorem 2; its proof takes X ≥ 0",
        origin="ours",
        where={"activation": "ReLU", "sign": "either"},
    ),
    *averaged("3", "a mapping never lowers the entropy", f"{PAPER}, Theorem 3", "Theorem 3"),
    MAPPINGS.reaches(
        "3-doubly-stochastic",
        "Uniform average: doubly stochastic mappings never lower the entropy",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, Theorem 3; the condition is ours",
        where={"statement": "Theorem 3", "average": "uniform", "family": "doubly stochastic"},
    ),
    MAPPINGS.reaches(
        "3-equal-entropies",
        "Components of equal entropy: no mapping lowers the entropy, whatever the average",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, Theorem 3; the condition is ours",
        where={"statement": "Theorem 3", "leaves": EQUAL},
    ),
    *averaged(
        "29", "given any one state above, the entropy is at least H(φ|d) below", f"{PAPER}, eq. 29", "eq. 29", "paper"
    ),
    MAPPINGS.reaches(
        "29-equal-entropies",
        "Components of equal entropy: given any one state above, the entropy is at least H(φ|d) below",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, eq. 29; the condition is ours",
        where={"statement": "eq. 29", "leaves": EQUAL},
    ),
    MAPPINGS.about(**PRIMARY).reaches(
        "32-invertible",
        "Invertible mappings leave the entropy unchanged",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, eqs. 31 and 32",
        where={"statement": "eq. 32", "average": "consistent", "leaves": GENERAL},
    ),
    MAPPINGS.reaches(
        "32-one-state",
        "Mappings whose every row is a single state leave the entropy unchanged, invertible or not",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, eq. 32; the condition is ours",
        where={"statement": "no loss", "family": "selection"},
    ),
    *averaged("33", "a mapping raises the entropy by at most C = ln r", f"{PAPER}, eq. 33; C = ln r is ours", "eq. 33"),
    MAPPINGS.about(**PRIMARY).reaches(
        "assumption-1",
        "A singular mapping raises the entropy as much as any other mapping does",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, Assumption 1",
        where={"statement": "Assumption 1", "leaves": "categorical"},
    ),
    MAPPINGS.reaches(
        "capacity",
        "No mapping raises the entropy by more than the capacity of the components",
        *MARGINS,
        -ROUNDING,
        source="ours: the capacity is the smallest C",
        where={"statement": "capacity", "leaves": "categorical"},
    ),
    MAPPINGS.reaches(
        "capacity-reached",
        "A mapping with equal rows, hence singular, reaches the capacity to within 0.001 nats",
        *MARGINS,
        -1e-3,
        source=f"ours, after {PAPER}, Assumption 1, read as: a singular mapping reaches the maximum",
        origin="ours",
        where={"statement": "capacity reached"},
    ),
    *mixtures("19-root", "CP: H(X) ≥ H(X|z)", f"{PAPER}, eq. 19", "CP", "root_entropy", "input_entropy"),
    *mixtures(
        "19-components", "CP: H(X|z) ≥ Σ H(x_i|d_i)", f"{PAPER}, eq. 19", "CP", "component_entropy", "root_entropy"
    ),
    *mixtures("22", "HT: H(X) ≥ Σ H(x_i|d_i)", f"{PAPER}, eq. 22", "HT", "component_entropy", "input_entropy"),
    SAMPLED.beats(
        "22-sampled",
        "HT, most sites: H(X) ≥ Σ H(x_i|d_i)",
        "input_entropy",
        "component_entropy",
        source=f"{PAPER}, eq. 22",
    ),
    *(
        claim
        for number, network, count in ((35, "HT", "2N − 1"), (48, "CP", "N + 1"))
        for claim in mixtures(
            f"{number}",
            f"{network}: {INCREASES} ≤ ({count}) ln r",
            f"{PAPER}, eq. {number} with C = ln r",
            network,
            "entropy_increase",
            "width_bound",
        )
    ),
    EXACT.never_exceeds(
        "35-48-measured",
        f"Every average: {INCREASES} ≤ (2N − 1) C for HT, (N + 1) C for CP, with C the largest increase across a "
        "mapping",
        "entropy_increase",
        "mapping_bound",
        ROUNDING,
        source=f"{PAPER}, eqs. 35 and 48",
        where={"average": tuple(AVERAGES)},
    ),
    SAMPLED.beats(
        "35-sampled",
        f"HT, most sites: {INCREASES} ≤ (2N − 1) ln r",
        "width_bound",
        "entropy_increase",
        source=f"{PAPER}, eq. 35 with C = ln r",
    ),
    SAID.equals(
        "codebook",
        "Nested codebooks reach the bounds of eqs. 35 and 48 at every N",
        "entropy_increase",
        "mapping_bound",
        ROUNDING,
        source="ours: the law is sharp in C",
        where={"family": "codebook", "leaves": "symbols", "average": "consistent"},
        by=("network", "sites"),
        expected=(8.0, 4.0),
    ),
    *(
        EXACT.never_exceeds(
            f"{number}-discrete",
            f"Every average, {network}, discrete: H(X) / Σ H(x_i|d_i) ≤ β{power}",
            "entropy_ratio",
            "ratio_bound",
            ROUNDING,
            source=f"{PAPER}, eq. {number}",
            where={"network": network, "average": tuple(AVERAGES)},
        )
        for number, network, power in ((36, "HT", "^(L + 1)"), (49, "CP", "²"))
    ),
    MAPPINGS.about(**PRIMARY).reaches(
        "36-49-densities",
        "Two sites with densities: H(X) / Σ H(x_i|d_i) ≤ β²",
        *MARGINS,
        -ROUNDING,
        source=f"{PAPER}, eqs. 36 and 49",
        where={"statement": "eqs. 36, 49", "leaves": "Gaussian"},
    ),
    EXACT.never_exceeds(
        "sites",
        f"{INCREASES} ≤ N ln r, about half the bound of eq. 35",
        "entropy_increase",
        "site_bound",
        ROUNDING,
        source="ours",
        where={"average": "consistent"},
    ),
    SAMPLED.beats(
        "sites-sampled", f"HT, most sites: {INCREASES} ≤ N ln r", "site_bound", "entropy_increase", source="ours"
    ),
    SAID.beats(
        "ratio-falls",
        "The largest ratio β across a mapping is over 1.1 times as large at the first level as at the last",
        {"place": "first"},
        {"place": "last"},
        times=1.1,
        source="ours: eq. 36 compounds a ratio that falls to 1",
        where={"network": "HT", "leaves": "binary", "family": RANDOM, "quantity": "mapping_ratio", "sites": LARGEST},
        by=("family",),
        expected=(2.0, 1.01),
    ),
    SAID.never_exceeds(
        "sampling",
        "Sampled entropies are within four standard errors of the exact ones",
        "sampling_deviation",
        "sampling_limit",
        source="ours",
        origin="check",
        where={"average": "consistent"},
        by=MIXTURE,
        expected=(0.1, 0.02),
    ),
    SAID.beats(
        "trained",
        "Most sites, HT: the log-likelihood of held-out digits exceeds that of independent pixels by over "
        "0.03 nats a site",
        "test_log_likelihood",
        "independent_log_likelihood",
        0.03,
        source="ours",
        where={"network": "HT", "family": "trained", "sites": LARGEST},
        expected=(-0.32, -0.39),
    ),
)
