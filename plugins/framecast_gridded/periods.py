"""Which time trains, validates and tests: one after another, in this order."""

from __future__ import annotations

import framecast
from framecast_gridded.settings import GriddedSettings


def periods(settings: GriddedSettings, frames: int) -> dict[str, range]:
    """The frames of each split. Raises InputError where none are left to train on."""
    validation = max(1, round(settings.validation_share * frames))
    test = max(1, round(settings.test_share * frames)) if settings.test_share else 0
    training = frames - validation - test
    if training < 1:
        raise framecast.InputError(
            f"data.path: of {framecast.plural(frames, 'frame')} none would be left to train on beside "
            f"{validation} for validation and {test} for the test"
        )
    return {
        "train": range(training),
        "validation": range(training, training + validation),
        "test": range(training + validation, frames),
    }
