"""Whether a plugin refuses something, and with which words."""

from __future__ import annotations

from collections.abc import Callable

from framecast.errors import InputError
from framecast.testing.verdict import require


def unless_refused(act: Callable[[], None]) -> None:
    """Does it; a refusal by InputError or ValueError is fine if it says something."""
    refusal(act)


def refusal(act: Callable[[], object]) -> str | None:
    """The words with which it is refused; None where it is not."""
    try:
        act()
    except (InputError, ValueError) as error:
        require(str(error).strip(), f"it is refused by {type(error).__name__} without a word")
        return str(error)
    except FileNotFoundError as error:  # a sentence of its own: it names the file
        return str(error)
    return None
