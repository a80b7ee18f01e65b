"""information_scaling: does entropy grow from a network's components to its inputs as a scaling law says?

Source: 1802.04473 (Liu), on the tensorial mixture models of 1610.04167 (Sharir, Tamari, Cohen & Shashua). Every
statement is tested under three averages of H(φ|d) over the states d: by the consistent prior, uniform, the maximum.
"""

from typing import Annotated, Literal

from pydantic import Field

from convac.experiments.experiment import Cell, Experiment
from convac.experiments.information_scaling.jobs import Mixtures, Statements, Trained, Training
from convac.specs.job import JobSpec
from convac.specs.spec import INTEGER, Positive

RANDOM = ("dirichlet", "sparse", "near-permutation", "near-singular", "selection")
DIGIT_PIXELS = 64


class Block(Experiment):
    """Config of information_scaling."""

    sites: tuple[Annotated[Literal[4, 8, 16, 32, 64, 128, 256], INTEGER], ...] = Field(
        min_length=1, description="numbers of sites N; digits have up to 64"
    )
    states: Annotated[Literal[4, 9, 16], INTEGER] = Field(
        description="states of every hidden variable, r; a square, for the codebooks"
    )
    seeds: Positive = Field(description="number of mixtures in each family")
    draws: Annotated[Positive, Field(ge=2)] = Field(description="inputs drawn from each mixture")
    configurations: Annotated[Positive, Field(ge=256)] = Field(
        description="largest number of inputs that are enumerated"
    )
    mappings: Annotated[Positive, Field(ge=2)] = Field(description="random draws of each family of single mappings")
    training: Training = Field(description="training of the mixtures on digits")


def cells(block: Block) -> list[Cell]:
    """One job each for single statements, discrete mixtures, mixtures of densities, and trained mixtures."""
    measured = {key: getattr(block, key) for key in ("states", "seeds", "draws", "configurations")}
    digits = tuple(sites for sites in block.sites if sites <= DIGIT_PIXELS)
    discrete = (*RANDOM, "codebook", "broad", "narrow")
    jobs: list[JobSpec] = [
        Statements(draws=block.mappings),
        Mixtures(sites=block.sites, densities=False, families=discrete, **measured),
        Mixtures(sites=block.sites, densities=True, families=(*RANDOM, "codebook"), **measured),
        Trained(sites=digits, training=block.training, **measured),
    ]
    return [*map(Cell, jobs)]


FIGURES = {
    "": "Entropy gained per site of N from components (d) to inputs (X) of deep (HT) and shallow (CP) mixtures with r "
    "states per node, by family of weights, beside the law’s bounds and ours; codebooks: weights under which every "
    "mapping adds the same entropy, which reach our bound.",
    "statements": "Fraction of single mappings (A, from states v to u) and of whole mixtures that violate each "
    "statement of 1802.04473, under three averages.",
    "levels": "Largest increase C and largest ratio β of entropy across a level’s mappings, and the ratio of the whole "
    "network of L levels beside its bound βᴸ⁺¹, by family of weights.",
    "activations": "Change of entropy under sigmoid and ReLU, for variables with densities and discrete ones.",
    "checks": "Errors of sampled entropies, and log-likelihood during training on digits.",
}
