"""Claims of min_cut."""

from math import prod

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim, Origin, Trivial, Value, equality
from convac.claims.papers import paper

PAPER = paper("1704.01552")
BRIDGE = f"ours, after {paper('2212.09794')}"
PRIMARY = ("mixed", "symmetric-equal")
BY = ("ensemble", "case")


def full_rank(dimension: int, inside: str, windows: object, widths: str) -> float:
    """The rank that no matrix of its size exceeds; a loop, which has no windows, has a width for each site."""
    sites = prod(map(int, windows.split())) if isinstance(windows, str) else len(widths.split())
    chosen = len(inside.split())
    return float(dimension) ** min(chosen, sites - chosen)


FULL = Trivial(("local_dimension", "sites_inside", "windows", "widths"), full_rank)


def split(dimension: int, inside: str, windows: str, widths: str) -> float:
    """The same where a window of level 1 is split and min{r_1, M} > 1; 0 elsewhere, where the bound is 1."""
    chosen, size = set(inside.split()), int(windows.partition(" ")[0])
    starts = range(0, prod(map(int, windows.split())), size)
    counts = [sum(str(site) in chosen for site in range(start, start + size)) for start in starts]
    several = int(dimension) > 1 < int(widths.partition(" ")[0])
    return full_rank(dimension, inside, windows, widths) if several and any(0 < n < size for n in counts) else 0.0


SPLIT = Trivial(FULL.sizes, split)


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


def reached(
    name: str, statement: str, ensembles: tuple[str, ...], quantity: str, source: str, trivial: Trivial
) -> Claim:
    """The rank is at least what a theorem says."""
    return Claim(
        id=f"min-cut-{name}",
        statement=statement,
        source=source,
        origin="check",
        role="secondary",
        where={"ensemble": ensembles},
        first={"quantity": "rank"},
        second={"quantity": quantity},
        by=BY,
        kind="exact",
        threshold=0.0,
        expected=(64.0, 32.0),
        trivial=trivial,
    )


def closed(name: str, statement: str, source: str, **where: Value) -> tuple[Claim]:
    """The rank of a pairs tree has its closed form."""
    return equality(
        Claim(
            id=f"min-cut-{name}",
            statement=statement,
            source=source,
            origin="check",
            role="secondary",
            where={"ensemble": "pairs", **where},
            first={"quantity": "rank"},
            second={"quantity": "closed_form"},
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
    *equal(
        "mixed",
        "Rank is the min-cut for any widths",
        "mixed",
        "min_cut",
        f"ours, after {PAPER}; there for powers of one integer",
    ),
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
        "In the smallest cuts with a deficit, the rank is the prediction of the bridge graph",
        "search",
        "bridge_rank",
        BRIDGE,
    ),
    *equality(
        Claim(
            id="min-cut-node-bridges",
            statement="Where the rank is below the min-cut (shared weights: the symmetric one), it is the bridge "
            "bound over all nodes",
            source=f"{BRIDGE}; there with two children, at the root",
            origin="ours",
            role="secondary",
            where={"ensemble": ("mixed", "shared", "search")},
            first={"quantity": "rank"},
            second={"quantity": "node_bridge_rank"},
            by=BY,
            kind="exact",
            threshold=0.0,
            expected=(64.0, 32.0),
            trivial=FULL,
        )
    ),
    reached(
        "rounded",
        "Any widths: rank is at least the min-cut with M and all widths rounded down to powers of p, for every p",
        ("powers", "mixed"),
        "proved_bound",
        f"{PAPER}, Theorem 2",
        FULL,
    ),
    reached(
        "split-windows",
        "Weights shared or not: rank is at least min{r_0, M}^S, where the partition splits S windows of level 1",
        ("powers", "mixed", "shared"),
        "split_windows_bound",
        paper("1605.06743", "Theorem 1"),
        SPLIT,
    ),
    *closed(
        "left-right",
        "Pairs tree, powers of one integer: left-right rank is min{r_{L−1}, r_{L−2}, r_{L−3}², …, M^(N/2)}",
        f"{PAPER}, corollary of Theorem 2",
        partition="left-right",
        powers=True,
    ),
    *closed(
        "interleaved",
        "Pairs tree, powers of one integer: odd-even rank is min{r_0, M}^(N/2)",
        f"{PAPER}, corollary of Theorem 2",
        partition="interleaved",
        powers=True,
    ),
    *closed(
        "pairs-any-widths",
        "Pairs tree, any widths: left-right and odd-even ranks equal their closed forms",
        "ours: both sides of every cut are independent there",
        powers=False,
    ),
)
