"""Claims of depth_channels."""

from dataclasses import replace
from typing import Any

from convac.claims.claims import CHOSEN_AS_PRIMARY, Amendment, Claim, Origin, Trivial, equality, equivalence
from convac.claims.papers import paper
from convac.specs.spec import Scalar

NETWORKS = ("product", "rectifier")

PRIMARY = ("root", "cut")
ABSTRACT = paper("1710.05520", "abstract")
PAPER = f"{ABSTRACT}; equal power as defined here"
OURS = f"ours, after {paper('1803.09780')}"


def origin_of(source: str) -> Origin:
    """Whose statement it is."""
    return "paper" if source == PAPER else "ours"


SEARCHED = "81 and 50 non-trivial cells were few: families no law was found on are searched, above the floor of two"


def law(name: str, statement: str, quantity: str, source: str, **where: Scalar) -> tuple[Claim]:
    """The smallest width by exact rank equals a law's."""
    return equality(
        Claim(
            id=f"depth-channels-{name}",
            statement=statement,
            source=source,
            origin=origin_of(source),
            role="primary" if name in PRIMARY else "secondary",
            amended=Amendment(
                "2026-11-30",
                "scope; made a primary" if name in PRIMARY else "scope",
                f"{SEARCHED}; {CHOSEN_AS_PRIMARY.why}" if name in PRIMARY else SEARCHED,
            ),
            where={"network": ("exact", "searched"), "layers": (2, 3, 4), **where},
            first={"quantity": "smallest_width"},
            second={"quantity": quantity},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(16.0, 8.0),
            trivial=Trivial(("one_layer_width", "case"), lambda width, _: width),
        )
    )


def exact_family(name: str, statement: str, local_dimensions: tuple[int, ...], **parts: Any) -> Claim:
    """Something about every family with weights per location and such local dimensions."""
    return Claim(
        id=f"depth-channels-{name}",
        statement=statement,
        origin="paper",
        role="secondary",
        where={"network": "exact", "weights": "per location", "local_dimension": local_dimensions},
        by=("case",),
        kind="exact",
        **parts,
    )


def exact_rivals(rival: str, local_dimensions: tuple[int, ...], regime: str) -> Claim:
    """The root law describes a family's exact widths better than a rival does, neither with a constant fitted."""
    return exact_family(
        f"exact-{rival}",
        f"Exact ranks, {regime}: the root law's misfit is more than 0.1 nats below the {rival}'s",
        local_dimensions,
        source=PAPER,
        first={"quantity": "misfit", "constants": "stated", "model": rival},
        second={"quantity": "misfit", "constants": "stated", "model": "root"},
        threshold=0.1,
        expected=(0.8, 0.2),
    )


def exact_weights(name: str, local_dimensions: tuple[int, ...], regime: str) -> Claim:
    """Depth saves weights, not only channels."""
    return exact_family(
        f"weights-{name}",
        f"Exact ranks, {regime}: two to four layers reach one layer's rank with fewer weights",
        local_dimensions,
        source=f"{ABSTRACT}: deeper networks are more efficient",
        first={"quantity": "one_layer_weights"},
        second={"quantity": "needed_weights"},
        threshold=1.0,
        expected=(800.0, 400.0),
    )


AGAIN = Amendment(
    "2026-11-30",
    "scope",
    "10 sites, D_0 up to 32 and a restart from one layer less: widths had stood at the floor of two",
)
MARGIN = 0.1  # of exponents


def trained_claims(network: str) -> tuple[Claim, ...]:
    """Exponents are the root law's, its channels suffice without a prefactor, rivals describe the widths worse."""
    deeper = Claim(
        id=f"depth-channels-{network}-deeper",
        statement=f"Trained {network} networks: a further layer of equal width never raises the error by more than "
        "0.001",
        source="ours: a restart begins at the network of one layer less",
        origin="check",
        role="secondary",
        where={"network": network},
        first={"quantity": "shallower_error"},
        second={"quantity": "relative_error"},
        by=("target", "layers", "width"),
        kind="exact",
        threshold=-0.001,
        expected=(0.5, 0.3),
    )
    width = Claim(
        id=f"depth-channels-{network}-width",
        statement=f"Trained {network} networks of 2 to 4 layers reach one layer's loss with at most D_0^(1/n_c) "
        "channels",
        source=f"ours, after {PAPER}, without a prefactor",
        origin="ours",
        role="secondary",
        amended=AGAIN,
        where={"network": network},
        first={"quantity": "root_width"},
        second={"quantity": "smallest_width"},
        by=("target", "layers", "one_layer_width"),
        logarithmic=True,
        threshold=0.0,
        expected=(6.0, 3.0),
    )
    exponents = [
        equivalence(
            Claim(
                id=f"depth-channels-{network}-exponent-{layers}",
                statement=f"Trained {network} networks of {layers} layers, random functions: the width grows as "
                f"D_0^(1/{layers}) with a fitted prefactor, exponent within {MARGIN}",
                source=PAPER,
                origin="paper",
                role="secondary",
                amended=replace(AGAIN, what="statistic", why="an equivalence with a margin; " + AGAIN.why),
                where={"network": network, "layers": layers, "target": "random"},
                first={"quantity": "width_exponent"},
                second={"quantity": "root_exponent"},
                threshold=-MARGIN,
                expected=(1 / layers, 1 / layers),
            )
        )
        for layers in (2, 3, 4)
    ]
    rivals = [
        Claim(
            id=f"depth-channels-{network}-{rival}",
            statement=f"Trained {network} networks, constants fitted: the root law fits better than the {rival}, "
            "with a "
            "log-likelihood ratio above 0.1 nats per width",
            source=PAPER,
            origin="paper",
            role="secondary",
            amended=AGAIN,
            where={"network": network, "quantity": "misfit", "constants": "fitted"},
            first={"model": rival},
            second={"model": "root"},
            by=("target",),
            logarithmic=True,
            threshold=0.1,
            expected=(0.6, 0.2),
        )
        for rival in ("shift", "growth")
    ]
    return (deeper, width, *exponents, *rivals)


CLAIMS = (
    *law(
        "root",
        "Exact ranks: n_c layers need D_0^(1/n_c) channels, rounded up, to match one layer of D_0",
        "root_width",
        PAPER,
    ),
    *law(
        "front",
        "Weights per location, M ≤ D: each further layer divides the width needed by M^(K − 1) per boundary",
        "front_width",
        OURS,
        weights="per location",
        fits=True,
    ),
    *law(
        "cut",
        "The width that n_c layers need is the smallest whose min-cut prediction reaches one layer's rank",
        "cut_width",
        OURS,
    ),
    exact_rivals("shift", (2, 3), "M = 2 and 3"),
    exact_rivals("growth", (6, 8), "M = 6 and 8"),
    exact_weights("binary", (2, 3), "M = 2 and 3"),
    exact_weights("wide", (6, 8), "M = 6 and 8"),
    *(claim for network in NETWORKS for claim in trained_claims(network)),
)
