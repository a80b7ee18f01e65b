"""Claims of layer_widths."""

from convac.claims.claims import Amendment, Claim
from convac.claims.papers import paper
from convac.claims.sentences import Sentences
from convac.experiments.image_runs import GLOBAL, LOCAL
from convac.experiments.layer_widths.block import CONVAC, CONVNET, PUBLISHED

SOURCE = paper("1704.01552", "Experiments")
# task → the profile that the paper finds better, the other one
BETTER = {LOCAL: ("wide-base", "wide-tip"), GLOBAL: ("wide-tip", "wide-base")}
WORDS = {PUBLISHED: "published", CONVNET: "convnet", CONVAC: "convac"}  # of ids


def redone(threshold: float) -> Amendment:
    """What was changed after results of earlier, shorter runs on other images had been seen."""
    what = (
        f"fewer and smaller networks, trained longer on images anew for each seed, threshold {threshold:g}; then, on "
        "digits, seeds 30 to 45 for 10 to 19"
    )
    why = (
        "most networks had been stopped before they had converged; an effect 1.2 to 1.8 standard deviations above its "
        "threshold needs sixteen seeds"
    )
    return Amendment("2026-11-30", what, why)


def profile_claim(kind: str, task: str, threshold: float) -> Claim:
    """The profile that suits a task wins, mean over sizes of networks."""
    better, other = BETTER[task]
    return Sentences("layer-widths").beats(
        f"{WORDS[kind]}-{task}",
        f"{kind} on {task} images, mean over sizes: {better} beats {other} by more than {threshold:g} in test accuracy",
        {"profile": better},
        {"profile": other},
        threshold,
        source=SOURCE if kind == PUBLISHED else f"ours, after {SOURCE}",
        role="primary" if kind == CONVNET else "secondary",
        amended=None if kind == PUBLISHED else redone(threshold),
        where={"quantity": "test_accuracy", "network": kind, "task": task},
        by=("parameters",),
        expected=(0.95, 0.60),
    )


# no claim about ConvACs on local images: in the pilot none of them learnt
CLAIMS = (
    profile_claim(CONVNET, LOCAL, 0.12),
    profile_claim(CONVNET, GLOBAL, 0.03),
    profile_claim(PUBLISHED, LOCAL, 0.02),
    profile_claim(PUBLISHED, GLOBAL, 0.02),
    profile_claim(CONVAC, GLOBAL, 0.3),
)
