"""Calls of C libraries that may never return: on damaged files some of them loop for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from framecast.bounded.limit import Limit
from framecast.errors import InputError

T = TypeVar("T")
_THREAD = "framecast: a call with a time limit"


def call_within(limit: Limit, what: str, function: Callable[[], T]) -> T:
    """What the function returns, or raises, within the limit in seconds.

    Raises InputError, which begins with `what`, where it takes longer. Its thread cannot be ended: it keeps a
    processor busy until the process ends; see `is_stuck`.
    """
    if is_stuck():  # which C libraries do not expect from two threads
        raise InputError(f"{what} is refused: an earlier such call has not returned, so start a new process")
    results: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:  # raised again by the caller's thread
            errors.append(error)

    thread = threading.Thread(target=call, name=_THREAD, daemon=True)
    thread.start()
    thread.join(limit.value)
    if errors:
        raise errors[0]
    if thread.is_alive():
        raise limit.exceeded(f"{what} takes more than {limit.value:,} s")
    return results[0]


def is_stuck() -> bool:
    """Whether such a call has not returned by now. The process must then end by os._exit: at a usual exit the C
    library would clean up while its own function runs, and crash."""
    return any(thread.name == _THREAD for thread in threading.enumerate())
