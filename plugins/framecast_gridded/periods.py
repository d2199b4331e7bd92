"""Which part of the time trains, validates and tests: one after another, so that nothing leaks."""

from __future__ import annotations

from framecast_gridded.settings import GriddedSettings


def periods(steps: int, settings: GriddedSettings) -> dict[str, tuple[int, int]]:
    """First time step of each split, and the one behind its last."""
    test = round(settings.test_share * steps)
    validation = round(settings.validation_share * steps)
    train = steps - validation - test
    return {"train": (0, train), "validation": (train, train + validation), "test": (train + validation, steps)}
