"""depth_channels: how many channels does a network need, the more layers it has?

Source: 1710.05520 (Zhang), abstract, all that is known of it here: at equal expressive power channels scale as
D ~ D_0^(1/n_c) with the convolution layers n_c. Ours: D(n_c) is the smallest width whose exact block rank, or whose
loss on all inputs, reaches that of one layer of D_0 channels. Rivals of this root law: a shift, every layer worth a
constant factor, and ln D = ln D_0 / g with the growth g of the rank's power of D.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from convac.claims.claims import Claim, equality
from convac.contract.experiment import Cell, Experiment
from convac.specs import Positive, Rate, Scalar, Spec, TheorySpec

NETWORKS = ("product", "rectifier")
FEWEST = 2  # channels: one makes a product over sites
Parameters = dict[str, Scalar | tuple[Scalar, ...]]
Width = Annotated[int, Field(ge=2)]


class Family(Spec):
    """Networks over one line or ring whose block ranks are exact, one job."""

    sites: Width
    periodic: bool = Field(description="whether windows go round (a ring) or end at the boundary (a line)")
    kernel: Width
    local_dimension: Width
    shared: bool = Field(False, description="whether weights are shared over positions")
    layers: Width = Field(description="most convolution layers, n_c")
    blocks: tuple[Positive, ...] = Field(min_length=1, description="sizes of the block, first sites against the rest")
    one_layer_widths: tuple[Width, ...] = Field(min_length=1, description="D_0; those above the rank are left out")

    @model_validator(mode="after")
    def _fits(self) -> "Family":
        if max(self.blocks) >= self.sites:
            raise ValueError(f"blocks: {max(self.blocks)} of {self.sites} sites; accepted: fewer than the sites")
        if self.kernel > self.sites:
            raise ValueError(f"kernel: {self.kernel} on {self.sites} sites; accepted: no more than the sites")
        return self


class Trained(Spec):
    """Small networks of a kind on a ring of binary sites, fitted to functions on all inputs, one job."""

    network: Literal["product", "rectifier"] = Field(description="products throughout, or sums, ReLU and a maximum")
    sites: Annotated[int, Field(ge=4, le=12)]
    kernel: Width
    widths: tuple[tuple[Width, ...], ...] = Field(
        min_length=2, description="channels that are tried at n_c = 1, 2, …; those of one layer are D_0"
    )
    targets: tuple[Literal["random", "run", "mirror"], ...] = Field(min_length=1)
    seeds: Positive
    rates: tuple[Rate, ...] = Field(min_length=1, description="of Adam, a restart each")
    steps: Positive = Field(description="of every restart")

    @model_validator(mode="after")
    def _fits(self) -> "Trained":
        if any(not row or list(row) != sorted(set(row)) for row in self.widths):
            raise ValueError("widths: a list isn't ascending; accepted: ascending lists, one for each number of layers")
        if any(row[0] != FEWEST for row in self.widths[1:]):
            raise ValueError(f"widths: several layers begin above {FEWEST}; accepted: lists that begin with {FEWEST}")
        if len(self.widths) * (self.kernel - 1) >= self.sites:
            raise ValueError(f"widths: {len(self.widths)} layers see the whole ring; accepted: fewer, or more sites")
        return self


class Block(Experiment):
    """Config of depth_channels."""

    families: tuple[Family, ...] = Field(min_length=1, description="exact ranks")
    trained: tuple[Trained, ...] = Field(min_length=1, description="losses")


def cells(block: Block) -> list[Cell]:
    """One job per family, and one per entry of `trained`."""
    exact = [
        TheorySpec(study="depth_channels", parameters={"part": "ranks", **family.model_dump()})
        for family in block.families
    ]
    return [Cell(spec) for spec in (*exact, *map(fits, block.trained))]


def fits(trained: Trained) -> TheorySpec:
    """The job that fits networks of a kind."""
    own: Parameters = {"part": "trained", "layers": len(trained.widths), **trained.model_dump(exclude={"widths"})}
    own |= {f"widths_{layers}": row for layers, row in enumerate(trained.widths, start=1)}
    return TheorySpec(study="depth_channels", parameters=own)


FIGURES = {
    "": "Exact ranks: smallest width against the number of layers, with the root law and the min-cut's, by family.",
    "scaling": "Exact ranks: smallest width against the width of one layer, by number of layers.",
    "errors": "Trained networks: error on all inputs against the width, by number of layers, with 95 % intervals.",
    "trained": "Trained networks: width that reaches one layer's error against the number of layers; the fitted shift.",
    "models": "Misfit of the three models, as stated and with a constant fitted.",
}

PAPER = "1710.05520 (Zhang), abstract; equal power as defined here"
OURS = "ours; 1803.09780 (Levine, Sharir, Cohen & Shashua)"


def law(name: str, statement: str, quantity: str, source: str, **where: Scalar) -> tuple[Claim, Claim]:
    """The smallest width by exact rank equals a law's."""
    return equality(
        Claim(
            id=f"depth-channels-{name}",
            statement=statement,
            source=source,
            where={"network": "exact", "layers": (2, 3, 4), **where},
            first={"quantity": "smallest_width"},
            second={"quantity": quantity},
            by=("case",),
            kind="exact",
            threshold=0.0,
            expected=(16.0, 8.0),
        )
    )


def exact_family(name: str, statement: str, local_dimensions: tuple[int, ...], **parts: Any) -> Claim:
    """Something about every family with weights per location and such local dimensions."""
    return Claim(
        id=f"depth-channels-{name}",
        statement=statement,
        where={"network": "exact", "weights": "per location", "local_dimension": local_dimensions},
        by=("case",),
        kind="exact",
        **parts,
    )


def exact_rivals(rival: str, local_dimensions: tuple[int, ...], regime: str) -> Claim:
    """The root law describes a family's exact widths better than a rival does, neither with a constant fitted."""
    return exact_family(
        f"exact-{rival}",
        f"Exact ranks, {regime}: the root law's misfit is below the {rival}'s by over 0.1 nats",
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
        source="1710.05520 (Zhang), abstract: deeper is more efficient",
        first={"quantity": "one_layer_weights"},
        second={"quantity": "needed_weights"},
        threshold=1.0,
        expected=(800.0, 400.0),
    )


def trained_claims(network: str) -> tuple[Claim, ...]:
    """The root law's channels suffice, its exponent isn't exceeded, and it describes the widths better than rivals."""
    width = Claim(
        id=f"depth-channels-{network}-width",
        statement=f"Trained {network} networks of 2 to 4 layers reach one layer's loss with no more than D_0^(1/n_c)",
        source=PAPER,
        where={"network": network},
        first={"quantity": "root_width"},
        second={"quantity": "smallest_width"},
        by=("target", "layers", "one_layer_width"),
        logarithmic=True,
        threshold=0.0,
        expected=(6.0, 3.0),
    )
    exponents = [
        Claim(
            id=f"depth-channels-{network}-exponent-{layers}",
            statement=f"Trained {network} networks of {layers} layers: D grows more slowly than D_0^(1/{layers})",
            source=PAPER,
            where={"network": network, "layers": layers},
            first={"quantity": "root_exponent"},
            second={"quantity": "width_exponent"},
            by=("target",),
            threshold=0.0,
            expected=(1 / layers, 0.5 / layers),
        )
        for layers in (2, 3, 4)
    ]
    rivals = [
        Claim(
            id=f"depth-channels-{network}-{rival}",
            statement=f"Trained {network} networks, each model with a fitted constant: the root law's misfit is below "
            f"the {rival}'s; log-likelihood ratio over 0.1 nats a width",
            source=PAPER,
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
    return (width, *exponents, *rivals)


CLAIMS = (
    *law("root", "Exact ranks: D(n_c) is D_0^(1/n_c), rounded up", "root_width", PAPER),
    *law(
        "front",
        "Weights per location, M ≤ D: a layer divides D by M^(K − 1) a boundary",
        "front_width",
        OURS,
        weights="per location",
        fits=True,
    ),
    *law("cut", "D(n_c) is the smallest width whose min-cut prediction reaches one layer's rank", "cut_width", OURS),
    exact_rivals("shift", (2, 3), "M = 2 and 3"),
    exact_rivals("growth", (6, 8), "M = 6 and 8"),
    exact_weights("binary", (2, 3), "M = 2 and 3"),
    exact_weights("wide", (6, 8), "M = 6 and 8"),
    *(claim for network in NETWORKS for claim in trained_claims(network)),
)
