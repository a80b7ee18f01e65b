"""Jobs of information_scaling: the families of its config."""

from pydantic import Field

from convac.specs.spec import Positive, Spec


class Training(Spec):
    """Expectation-maximisation on binary digits."""

    images: Positive = Field(description="training images")
    steps: Positive = Field(description="steps")
