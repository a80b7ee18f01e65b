"""Claims of trained_entanglement."""

from convac.claims.claims import Amendment
from convac.claims.papers import paper
from convac.claims.sentences import Sentences

SOURCE = (
    f"ours, after {paper('1605.06743', 'Inductive bias through pooling geometry')}; dependence on data as defined here"
)
KINDS = ("ConvAC", "ConvAC signed", "ConvRect max", "ConvRect average")
MARGIN = 0.15  # of the equivalence with the label's own share
ZERO = 1e-6  # of a share, what rounding in single precision may leave
ANEW = Amendment(
    "2026-11-30",
    "other schedules, 10,000 training images for 20,000, seeds 20 to 29 for 10 to 19; then 8,000 steps for 4,000, "
    "seeds 30 to 39 for 20 to 29",
    "networks of the first reference run had not converged; those of the second did better, in a pilot, after twice "
    "the steps",
)
LEARNT = "networks of accuracy 0.9 or more in their task's geometry"

SAID = Sentences("trained-entanglement", source=SOURCE)
# of the log-odds on composites of held-out images, halves of images with pixels in each
SHARES = SAID.about(
    role="primary",
    where={
        "quantity": "interaction_share",
        "condition": "conditioned",
        "partition": "left-right",
        "control": "none",
        "network": KINDS,
    },
    every=True,
    amended=ANEW,
)
EVERYWHERE = SAID.about(origin="check", by=("cell", "phase", "moment", "partition"))

CLAIMS = (
    SHARES.beats(
        "share-geometry",
        "Every kind of network and task: the left-right interaction share of mirror pooling is more than 0.1 "
        "above that of square pooling",
        {"geometry": "mirror"},
        {"geometry": "square"},
        0.1,
        where={"phase": "trained"},
        by=("task", "network", "width"),
        expected=(0.55, 0.1),
    ),
    SHARES.resembles(
        "share-label",
        f"Every kind of network and task, {LEARNT}: the left-right interaction share is within "
        f"{MARGIN:g} of that of the label's score on the same composites",
        {"phase": "learnt"},
        {"phase": "label"},
        MARGIN,
        where={"fits": "yes"},
        by=("task", "network", "width"),
        expected=(0.5, 0.48),
    ),
    SHARES.beats(
        "share-task",
        f"Every kind of network, {LEARNT}: the left-right interaction share on symmetry is more than 0.2 "
        "above that on closedness",
        {"task": "symmetry"},
        {"task": "closedness"},
        0.2,
        where={"fits": "yes", "phase": "learnt"},
        by=("network", "width"),
        expected=(0.5, 0.05),
    ),
    SAID.ranks_like(
        "vectors",
        "Kinds, tasks and geometries rank alike by the number of Schmidt vectors that the answer needs and by "
        "the entropy of the centred posterior, Kendall's τ-b above 0.5",
        "kept_needed",
        "posterior_entropy",
        0.5,
        source="ours",
        where={"condition": "conditioned", "control": "none", "phase": "trained", "network": KINDS},
        by=("cell",),
        expected=(0.9, 0.2),
        amended=ANEW,
    ),
    EVERYWHERE.equals(
        "additive",
        "ConvRects with average pooling whose root separates left from right: the left-right interaction share "
        f"is 0 (to {ZERO:g})",
        "interaction_share",
        "additive_share",
        ZERO,
        source="ours: the log-odds are a sum of what both halves give",
        where={"condition": "conditioned", "control": "none", "network": "ConvRect average"},
        expected=(0.0, 0.0),
    ),
    EVERYWHERE.never_exceeds(
        "min-cut",
        "Rényi-2 entropy never exceeds the logarithm of the min-cut (to 1e-9 nats)",
        "renyi2",
        "min_cut_log",
        1e-9,
        source=f"{paper('1704.01552')}: the min-cut bounds the rank",
        where={"network": ("ConvAC", "ConvAC signed")},
        expected=(8.0, 2.0),
    ),
)
