"""Claims of data_entanglement."""

from convac.claims.claims import Amendment
from convac.claims.papers import paper
from convac.claims.sentences import Sentences
from convac.experiments.data_entanglement.block import CONVNET, POSITIVE, SIGNED, NetworkName

PAPER = paper("2303.11249")
IMAGES = f"{PAPER}, Experiments; there on speech, tabular data and CIFAR-10, which can't be had: here on digits"
IDS: dict[NetworkName, str] = {CONVNET: "convnet", POSITIVE: "convac", SIGNED: "signed"}
# a pilot (seeds 0 to 2) found accuracies 0.96, 0.70 and 0.75 of ConvNets, 0.78, 0.74 and 0.71 of ConvACs at 0, 48, 255
FALLS: dict[NetworkName, float] = {CONVNET: 0.4, POSITIVE: 0.2, SIGNED: 0.2}
GAIN = 0.02  # of accuracy
TODAY = "2026-11-30"
NARROW = Amendment(
    TODAY, "role", "primary until a run found 0.034 with a standard deviation of 0.034: too near for 16 seeds to decide"
)
FEWER = Amendment(TODAY, "scope", "ConvACs are trained on four numbers of swaps in place of eight; no threshold moved")


SAID = Sentences("data-entanglement", source=IMAGES)
MOST_SWAPS = SAID.about(where={"most_swaps": "yes"})

CLAIMS = (
    *(
        SAID.falls_with(
            f"fall-{name}",
            f"{network}: test accuracy falls as swaps of pixels raise data entanglement, mean −τ-b over "
            f"seeds above {FALLS[network]:g}",
            {"quantity": "test_accuracy", "network": network},
            "dataset_entropy",
            FALLS[network],
            role="primary" if network == CONVNET else "secondary",
            where={"places": "swapped"},
            amended=None if network == CONVNET else FEWER,
            by=("swaps",),
            expected=(5.0, 0.6),
        )
        for network, name in IDS.items()
    ),
    *(
        MOST_SWAPS.beats(
            f"rearranged-{name}",
            f"{network}, most swaps: rearranging pixels by their correlations raises test accuracy by more than "
            f"{GAIN:g}",
            {"places": "rearranged"},
            {"places": "swapped"},
            GAIN,
            amended=NARROW if network == CONVNET else None,
            where={"quantity": "test_accuracy", "network": network},
            expected=(0.85, 0.7),
        )
        for network, name in IDS.items()
    ),
    MOST_SWAPS.beats(
        "rearranged-entropy",
        "Most swaps: rearranging pixels by their correlations lowers data entanglement by more than 0.5 nats",
        {"places": "swapped"},
        {"places": "rearranged"},
        0.5,
        role="primary",
        where={"quantity": "dataset_entropy"},
        expected=(5.0, 3.6),
    ),
    *(
        SAID.beats(
            f"tree-{task}",
            f"Blobs labelled by {task}: entropy under the canonical partitions of mirror pooling is more than "
            f"0.5 nats above that of square pooling{although}",
            {"geometry": "mirror"},
            {"geometry": "square"},
            0.5,
            source=f"ours, after {PAPER}",
            amended=Amendment(TODAY, "scope", "five seeds in place of ten; no threshold moved"),
            where={"quantity": "dataset_entropy", "task": task},
            expected=(4.5, 3.0),
        )
        for task, although in (("closedness", ""), ("symmetry", ", although mirror pooling learns symmetry"))
    ),
)
