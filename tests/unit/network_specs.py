"""Specs of small networks of every kind."""

from convac.specs.kinds import of_kind
from convac.specs.network import NetworkSpec

IMAGES = ("representation", "patch", "brightest")  # how images become sites, a block of its own for ConvACs


def network_spec(kind, **fields):
    """The spec of a network of a kind; how images become sites may stand among the other fields."""
    if kind in {"arithmetic", "overlapping"} and set(IMAGES) & set(fields):
        pixels = {key: fields.pop(key) for key in IMAGES if key in fields}
        if "representation" in pixels:
            pixels["kind"] = pixels.pop("representation")
        fields["representation"] = pixels
    return of_kind(NetworkSpec, {"kind": kind, **fields}, "network")


def spec_of(kind, fields, **given):
    """The spec of a network that takes pixels as its sites, unless given otherwise."""
    pixels = {"geometry": "square", "sites": (4, 4), "widths": (3, 3)}
    pixels["local_dimension"] = 1 if kind == "convolutional" else 2
    return network_spec(kind, **{**pixels, **fields, **given})
