"""What a data set reports about the files that it read."""

from __future__ import annotations

from typing import NamedTuple


class DataNote(NamedTuple):
    """One line on how a data set read its files: what it found and what it assumed.

    `subject` is a variable or a group of sources ("rain", "118 videos"), `text` the facts ("mm/h, 0 to 32.5, 4.2 %
    masked"). `warning` marks a finding that is probably a mistake in the data or in the settings.
    """

    subject: str
    text: str
    warning: bool = False
