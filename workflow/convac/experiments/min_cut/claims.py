"""Claims of min_cut."""

from math import prod

from convac.claims.claims import CHOSEN_AS_PRIMARY, Trivial
from convac.claims.papers import paper
from convac.claims.sentences import Parts, Sentences

PAPER = paper("1704.01552")
BRIDGE = f"ours, after {paper('2212.09794')}"
PRIMARY: Parts = {"role": "primary", "amended": CHOSEN_AS_PRIMARY}


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


RANKS = Sentences("min-cut", by=("ensemble", "case"), expected=(64.0, 32.0), trivial=FULL)
PAIRS = RANKS.about(where={"ensemble": "pairs"}, origin="check")

CLAIMS = (
    RANKS.never_exceeds(
        "bound",
        "Rank never exceeds the min-cut",
        "rank",
        "min_cut",
        source=PAPER,
        origin="check",
        where={"ensemble": ("powers", "mixed", "shared", "search", "loop")},
    ),
    RANKS.equals(
        "powers",
        "Rank is the min-cut when M and all widths are powers of one integer",
        "rank",
        "min_cut",
        source=PAPER,
        origin="check",
        where={"ensemble": "powers"},
    ),
    RANKS.about(**PRIMARY).equals(
        "mixed",
        "Rank is the min-cut for any widths",
        "rank",
        "min_cut",
        source=f"ours, after {PAPER}; there for powers of one integer",
        where={"ensemble": "mixed"},
    ),
    RANKS.never_exceeds(
        "symmetric",
        "Shared weights: rank never exceeds the symmetric min-cut",
        "rank",
        "symmetric_min_cut",
        source="ours",
        where={"ensemble": ("shared",)},
    ),
    RANKS.about(**PRIMARY).equals(
        "symmetric-equal",
        "Shared weights: rank is the symmetric min-cut",
        "rank",
        "symmetric_min_cut",
        source="ours",
        where={"ensemble": "shared"},
    ),
    RANKS.equals(
        "bridge",
        "In the smallest cuts with a deficit, the rank is the prediction of the bridge graph",
        "rank",
        "bridge_rank",
        source=BRIDGE,
        where={"ensemble": "search"},
    ),
    RANKS.equals(
        "node-bridges",
        "Where the rank is below the min-cut (shared weights: the symmetric one), it is the bridge "
        "bound over all nodes",
        "rank",
        "node_bridge_rank",
        source=f"{BRIDGE}; there with two children, at the root",
        where={"ensemble": ("mixed", "shared", "search")},
    ),
    RANKS.reaches(
        "rounded",
        "Any widths: rank is at least the min-cut with M and all widths rounded down to powers of p, for every p",
        "rank",
        "proved_bound",
        source=f"{PAPER}, Theorem 2",
        origin="check",
        where={"ensemble": ("powers", "mixed")},
    ),
    RANKS.reaches(
        "split-windows",
        "Weights shared or not: rank is at least min{r_0, M}^S, where the partition splits S windows of level 1",
        "rank",
        "split_windows_bound",
        source=paper("1605.06743", "Theorem 1"),
        origin="check",
        where={"ensemble": ("powers", "mixed", "shared")},
        trivial=SPLIT,
    ),
    PAIRS.equals(
        "left-right",
        "Pairs tree, powers of one integer: left-right rank is min{r_{L−1}, r_{L−2}, r_{L−3}², …, M^(N/2)}",
        "rank",
        "closed_form",
        source=f"{PAPER}, corollary of Theorem 2",
        where={"partition": "left-right", "powers": True},
    ),
    PAIRS.equals(
        "interleaved",
        "Pairs tree, powers of one integer: odd-even rank is min{r_0, M}^(N/2)",
        "rank",
        "closed_form",
        source=f"{PAPER}, corollary of Theorem 2",
        where={"partition": "interleaved", "powers": True},
    ),
    PAIRS.equals(
        "pairs-any-widths",
        "Pairs tree, any widths: left-right and odd-even ranks equal their closed forms",
        "rank",
        "closed_form",
        source="ours: both sides of every cut are independent there",
        where={"powers": False},
    ),
)
