"""What experiments on image classification share: the block of their images, and networks over patches."""

from typing import Annotated, Any, Literal

from pydantic import Field

from convac.geometry.trees import PoolingTree
from convac.specs.network import NetworkSpec, Pixels, Sharing
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.convolutional import ConvolutionalSpec
from convac.specs.networks.overlapping import OverlappingSpec
from convac.specs.own_images import CLASSES, Source
from convac.specs.spec import INTEGER, Natural, Positive, Spec

NetworkKind = Literal["ConvNet", "ConvAC"]
LOCAL, GLOBAL = "local", "global"
GREY = 255  # brightest value of a grey pixel
WINDOWS: tuple[Sharing, ...] = ("shared", "windowed")  # a ConvAC's maps by its kernel, where windows don't overlap


class Images(Spec):
    """Real images at several length scales: small on a large canvas is local, as large as the canvas is global."""

    source: Source = Field(description="where the originals come from")
    canvas: Annotated[Literal[16, 32, 64], INTEGER] = Field(description="pixels along each side of an image")
    sizes: tuple[Annotated[Positive, Field(ge=4)], ...] = Field(
        min_length=1,
        description="pixels along each side of what is to be classified: the local task's, …, the global's",
    )
    clutter: Natural = Field(0, description="patches of other originals in every image")
    train: Positive = Field(description="images rendered for training")
    validation: Positive = Field(description="images by which learning rates are chosen")
    test: Positive = Field(description="test images")


def template(
    network: NetworkKind, canvas: int, patch: int, kernel: int, classes: int = CLASSES, brightest: int = GREY
) -> NetworkSpec:
    """A network of one channel per level over the patches of a square canvas; widths are for the caller to set.

    A ConvNet convolves K×K sites and pools 2×2. A ConvAC's kernel is that of its generalised convolutions, which
    stand two sites apart: 1 shares one map within a window of 2×2, 2 has one for each position, 3 and more overlap.
    """
    side = canvas // patch
    levels = PoolingTree.named("square", (side, side)).levels
    shared: dict[str, Any] = {"geometry": "square", "sites": (side, side), "widths": (1,) * levels, "classes": classes}
    if network == "ConvNet":
        return ConvolutionalSpec(kernel=kernel, patch=patch, brightest=brightest, local_dimension=patch**2, **shared)
    shared |= {"local_dimension": 2 * patch**2, "weights": "signed"}
    pixels = Pixels(kind="affine", patch=patch, brightest=brightest)
    if kernel > len(WINDOWS):
        return OverlappingSpec(kernel=kernel, representation=pixels, **shared)
    sharing = WINDOWS[kernel - 1]
    return ArithmeticSpec(sharing=sharing, initialisation="diagonal", representation=pixels, **shared)
