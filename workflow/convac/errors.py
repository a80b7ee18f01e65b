"""Errors that a user can correct: each message is one line that names the key or file at fault and what is accepted."""

LIMIT = 200


def one_line(text: str, limit: int = LIMIT) -> str:
    """`text` on one line of at most `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class ConvacError(Exception):
    """A mistake from outside the library, told in one line; the command line prints it and exits with 1."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class ConfigError(ConvacError):
    """A key of the config or of a run's spec that can't be used."""


class FileError(ConvacError):
    """A file that is missing, truncated, corrupt or not of the expected kind.

    Attributes:
        damaged: the file where its content is at fault; None where it isn't there, or may not be read.
    """

    def __init__(self, message: str, damaged: str | None = None) -> None:
        super().__init__(message)
        self.damaged = damaged


class ArgumentError(ConvacError, ValueError):
    """An argument of the public API outside what is accepted."""


class NonFiniteError(ConvacError, ArithmeticError):
    """A training run met a value that is infinite or not a number; names the layer and the step."""


class MemoryLimitError(ConvacError):
    """An engine would need more memory than its limit; raised before anything is allocated."""


class TimeLimitError(ConvacError):
    """An engine would take longer than its limit; raised before it starts, or as soon as its pace is known."""


class NotConvergedError(ConvacError):
    """A sampled estimate is further off than is accepted; nothing is reported."""


class PrecisionError(ConvacError):
    """Rounding may have moved a value further than is accepted; nothing is reported."""
