"""Specs of small networks of every architecture."""

from convac.specs.spec import NetworkSpec


def spec_of(architecture, options, **given):
    """The spec of a network that takes pixels as its sites, unless given otherwise."""
    pixels = {"geometry": "square", "sites": (4, 4), "widths": (3, 3)}
    pixels["local_dimension"] = 1 if architecture == "convolutional" else 2
    return NetworkSpec(architecture=architecture, options=options, **{**pixels, **given})
