"""Calls that never return end in a sentence, and the process can end."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from framecast.bounded.limit import Limit
from framecast.bounded.time_limit import call_within, is_stuck
from framecast.errors import InputError

AT_ONCE = Limit("TEST_SECONDS", 0, "a test")
SOON = Limit("TEST_SECONDS", 60, "a test")


def test_what_a_call_returns_or_raises_is_handed_on() -> None:
    assert call_within(SOON, "to add", lambda: 1 + 1) == 2
    assert call_within(SOON, "to do nothing", lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        call_within(SOON, "to divide", lambda: 1 // 0)


def test_a_call_that_does_not_return_is_one_sentence_and_no_other_begins_meanwhile() -> None:
    released = threading.Event()
    with pytest.raises(InputError, match=r"to open x takes more than 0 s, .* FRAMECAST_LIMIT_TEST_SECONDS raises"):
        call_within(AT_ONCE, "to open x", released.wait)
    assert is_stuck()
    with pytest.raises(InputError, match="to open y is refused: an earlier such call has not returned"):
        call_within(SOON, "to open y", released.wait)
    released.set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "time limit" in thread.name:
            thread.join()
    assert not is_stuck()


def test_a_command_that_left_such_a_call_behind_ends_without_cleaning_up() -> None:
    code = """
import atexit, sys, threading
from framecast.bounded.limit import Limit
from framecast.bounded.time_limit import call_within
from framecast.cli.app import main
from framecast.errors import InputError
atexit.register(print, "cleaned up")
try:
    call_within(Limit("TEST_SECONDS", 0, ""), "to open x", threading.Event().wait)
except InputError:
    sys.argv = ["platform", "status", "no-such-run"]
    main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "no-such-run" in done.stderr
    assert "cleaned up" not in done.stdout
