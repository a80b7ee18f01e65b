"""Claims of depth_channels."""

from dataclasses import replace

from convac.claims.claims import CHOSEN_AS_PRIMARY, Amendment, Claim, Trivial
from convac.claims.papers import paper
from convac.claims.sentences import Sentences

ABSTRACT = paper("1710.05520", "abstract")
PAPER = f"{ABSTRACT}; equal power as defined here"
OURS = f"ours, after {paper('1803.09780')}"
SEARCHED = "81 and 50 non-trivial cells were few: families no law was found on are searched, above the floor of two"
AGAIN = Amendment(
    "2026-11-30",
    "scope",
    "10 sites, D_0 up to 32 and a restart from one layer less: widths had stood at the floor of two",
)
MARGIN = 0.1  # of exponents

SAID = Sentences("depth-channels", source=PAPER, by=("case",))
# the smallest width by exact rank equals a law's
LAWS = SAID.about(
    amended=Amendment("2026-11-30", "scope", SEARCHED),
    where={"network": ("exact", "searched"), "layers": (2, 3, 4)},
    expected=(16.0, 8.0),
    trivial=Trivial(("one_layer_width", "case"), lambda width, _: width),
)
PRIMARY = LAWS.about(
    role="primary", amended=Amendment("2026-11-30", "scope; made a primary", f"{SEARCHED}; {CHOSEN_AS_PRIMARY.why}")
)
EXACT = SAID.about(where={"network": "exact", "weights": "per location"})


def trained_claims(network: str) -> tuple[Claim, ...]:
    """Exponents are the root law's, its channels suffice without a prefactor, rivals describe the widths worse."""
    trained = Sentences(f"depth-channels-{network}", source=PAPER, where={"network": network}, amended=AGAIN)
    return (
        trained.never_exceeds(
            "deeper",
            f"Trained {network} networks: a further layer of equal width never raises the error by more than 0.001",
            "relative_error",
            "shallower_error",
            0.001,
            source="ours: a restart begins at the network of one layer less",
            origin="check",
            amended=None,
            by=("target", "layers", "width"),
            expected=(0.5, 0.3),
        ),
        trained.beats(
            "width",
            f"Trained {network} networks of 2 to 4 layers reach one layer's loss with at most D_0^(1/n_c) channels",
            "root_width",
            "smallest_width",
            times=1,
            source=f"ours, after {PAPER}, without a prefactor",
            by=("target", "layers", "one_layer_width"),
            expected=(6.0, 3.0),
        ),
        *(
            trained.resembles(
                f"exponent-{layers}",
                f"Trained {network} networks of {layers} layers, random functions: the width grows as "
                f"D_0^(1/{layers}) with a fitted prefactor, exponent within {MARGIN}",
                "width_exponent",
                "root_exponent",
                MARGIN,
                amended=replace(AGAIN, what="statistic", why="an equivalence with a margin; " + AGAIN.why),
                where={"layers": layers, "target": "random"},
                expected=(1 / layers, 1 / layers),
            )
            for layers in (2, 3, 4)
        ),
        *(
            trained.beats(
                rival,
                f"Trained {network} networks, constants fitted: the root law fits better than the {rival}, "
                "with a log-likelihood ratio above 0.1 nats per width",
                {"model": rival},
                {"model": "root"},
                0.1,
                logarithmic=True,
                where={"quantity": "misfit", "constants": "fitted"},
                by=("target",),
                expected=(0.6, 0.2),
            )
            for rival in ("shift", "growth")
        ),
    )


CLAIMS = (
    PRIMARY.equals(
        "root",
        "Exact ranks: n_c layers need D_0^(1/n_c) channels, rounded up, to match one layer of D_0",
        "smallest_width",
        "root_width",
    ),
    LAWS.equals(
        "front",
        "Weights per location, M ≤ D: each further layer divides the width needed by M^(K − 1) per boundary",
        "smallest_width",
        "front_width",
        source=OURS,
        where={"weights": "per location", "fits": True},
    ),
    PRIMARY.equals(
        "cut",
        "The width that n_c layers need is the smallest whose min-cut prediction reaches one layer's rank",
        "smallest_width",
        "cut_width",
        source=OURS,
    ),
    *(
        EXACT.reaches(
            f"exact-{rival}",
            f"Exact ranks, M = {low} and {high}: the root law's misfit is more than 0.1 nats below the {rival}'s",
            {"quantity": "misfit", "constants": "stated", "model": rival},
            {"quantity": "misfit", "constants": "stated", "model": "root"},
            0.1,
            where={"local_dimension": (low, high)},
            expected=(0.8, 0.2),
        )
        for rival, low, high in (("shift", 2, 3), ("growth", 6, 8))
    ),
    *(
        EXACT.reaches(
            f"weights-{name}",
            f"Exact ranks, M = {low} and {high}: two to four layers reach one layer's rank with fewer weights",
            "one_layer_weights",
            "needed_weights",
            1.0,
            source=f"{ABSTRACT}: deeper networks are more efficient",
            where={"local_dimension": (low, high)},
            expected=(800.0, 400.0),
        )
        for name, low, high in (("binary", 2, 3), ("wide", 6, 8))
    ),
    *(claim for network in ("product", "rectifier") for claim in trained_claims(network)),
)
