"""Claims of min_cut."""

from math import prod

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim, Origin, Trivial, equality

PAPER = "1704.01552 (Levine, Yakira, Cohen & Shashua)"
PRIMARY = ("mixed", "symmetric-equal")
BY = ("ensemble", "case")


def full_rank(dimension: int, inside: str, windows: object, widths: str) -> float:
    """The rank that no matrix of its size exceeds; a loop, which has no windows, has a width for each site."""
    sites = prod(map(int, windows.split())) if isinstance(windows, str) else len(widths.split())
    chosen = len(inside.split())
    return float(dimension) ** min(chosen, sites - chosen)


FULL = Trivial(("local_dimension", "sites_inside", "windows", "widths"), full_rank)


def bound(name: str, statement: str, ensembles: tuple[str, ...], quantity: str, source: str, origin: Origin) -> Claim:
    """The rank never exceeds a bound."""
    return Claim(
        id=f"min-cut-{name}",
        statement=statement,
        source=source,
        origin=origin,
        role="secondary",
        where={"ensemble": ensembles},
        first={"quantity": quantity},
        second={"quantity": "rank"},
        by=BY,
        kind="exact",
        threshold=0.0,
        expected=(64.0, 32.0),
        trivial=FULL,
    )


def equal(
    name: str, statement: str, ensemble: str, quantity: str, source: str, origin: Origin = "ours"
) -> tuple[Claim]:
    """The rank equals a prediction."""
    return equality(
        Claim(
            id=f"min-cut-{name}",
            statement=statement,
            source=source,
            origin=origin,
            role="primary" if name in PRIMARY else "secondary",
            amended=CHOSEN_AS_PRIMARY if name in PRIMARY else None,
            where={"ensemble": ensemble},
            first={"quantity": "rank"},
            second={"quantity": quantity},
            by=BY,
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
            trivial=FULL,
        )
    )


CLAIMS = (
    bound(
        "bound",
        "Rank never exceeds the min-cut",
        ("powers", "mixed", "shared", "search", "loop"),
        "min_cut",
        PAPER,
        "check",
    ),
    *equal(
        "powers",
        "Rank is the min-cut when M and all widths are powers of one integer",
        "powers",
        "min_cut",
        PAPER,
        "check",
    ),
    *equal("mixed", "Rank is the min-cut for any widths", "mixed", "min_cut", "ours: where equality ends"),
    bound(
        "symmetric",
        "Shared weights: rank never exceeds the symmetric min-cut",
        ("shared",),
        "symmetric_min_cut",
        "ours",
        "ours",
    ),
    *equal("symmetric-equal", "Shared weights: rank is the symmetric min-cut", "shared", "symmetric_min_cut", "ours"),
    *equal(
        "bridge",
        "In the smallest deficits the rank is the bridge’s prediction",
        "search",
        "bridge_rank",
        "2212.09794 (quantum max-flow in the bridge graph)",
    ),
)
