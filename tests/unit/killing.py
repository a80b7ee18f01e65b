"""Trainings that are killed at a step."""

from convac.training import loop


class Killed(BaseException):
    """Stands for a kill, which nothing catches."""


def killed_at(monkeypatch, step):
    """Make training stop before `step`, with a checkpoint after every step."""
    original = loop.Run.update

    def update(run, number):
        if number == step:
            raise Killed
        return original(run, number)

    monkeypatch.setattr(loop, "INTERVAL", -1.0)
    monkeypatch.setattr(loop.Run, "update", update)
