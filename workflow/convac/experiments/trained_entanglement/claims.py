"""Claims of trained_entanglement."""

import math

from convac.claims.claims import CHOSEN_AS_PRIMARY, Claim

CLAIMS = (
    Claim(
        id="trained-entanglement-geometry",
        statement="On symmetry the square ConvAC, whose left-right cut is small, falls behind the mirror one by more "
        "than 0.05 in test accuracy",
        source="1605.06743, Experiments",
        origin="paper",
        role="primary",
        amended=CHOSEN_AS_PRIMARY,
        where={"quantity": "test_accuracy", "task": "symmetry", "network": "ConvAC", "control": "none"},
        first={"geometry": "mirror"},
        second={"geometry": "square"},
        threshold=0.05,
        expected=(0.9, 0.75),
    ),
    *(
        Claim(
            id=f"trained-entanglement-{control}",
            statement=f"Mirror ConvAC on symmetry: left-right Rényi-2 is more than 1.25 times that with {words}",
            source="ours (control)",
            origin="ours",
            role="secondary",
            where={
                "quantity": "renyi2",
                "partition": "left-right",
                "network": "ConvAC",
                "task": "symmetry",
                "geometry": "mirror",
                "phase": "trained",
            },
            first={"control": "none"},
            second={"control": control},
            threshold=math.log(1.25),
            logarithmic=True,
            expected=(6.0, 2.0),
        )
        for control, words in (("shuffled", "shuffled labels"), ("permuted", "permuted pixels"))
    ),
    Claim(
        id="trained-entanglement-min-cut",
        statement="Rényi-2 entropy never exceeds the logarithm of the min-cut (to 1e-9 nats)",
        source="1704.01552 (min-cut bound on the rank)",
        origin="check",
        role="secondary",
        where={"network": "ConvAC"},
        first={"quantity": "min_cut_log"},
        second={"quantity": "renyi2"},
        by=("cell", "phase", "moment", "partition"),
        kind="exact",
        threshold=-1e-9,
        expected=(8.0, 2.0),
    ),
)
