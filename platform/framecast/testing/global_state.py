"""What a plugin shares with everything else in its process, and must leave as it found it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from framecast.testing.verdict import require


@contextmanager
def untouched(what: str, draws: bool = False) -> Iterator[None]:
    """Raises Nonconformity where the block changes torch's defaults or anybody's random state. `draws` allows the
    numbers of torch's generator, which the engine seeds first for weights and dropout."""
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)  # of those that checks have: a use of one is found anywhere
    before = _state()
    yield
    after = _state()
    torch.set_num_threads(threads)
    changed = [name for name in before if before[name] != after[name] and not (draws and name == _DRAWS)]
    require(not changed, f"{what} changes {', '.join(changed)}")


@contextmanager
def restored() -> Iterator[None]:
    """Puts all of it back afterwards, and begins with fixed seeds: no check depends on those before it.

    Checks have one thread: what they compute is small, and where others are at work threads wait for each other.
    """
    ours, numpys = random.getstate(), np.random.get_state()
    threads, dtype, grad = torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            random.setstate(ours)
            np.random.set_state(numpys)
            torch.set_num_threads(threads)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(grad)


_DRAWS = "torch's random state"


def _state() -> dict[str, Any]:
    _, numbers, *rest = np.random.get_state()
    return {
        _DRAWS: torch.random.get_rng_state().numpy().tobytes(),
        "numpy's global random state": (np.asarray(numbers).tobytes(), *rest),
        "the random state of the module random": random.getstate(),
        "the default dtype": torch.get_default_dtype(),
        "the number of threads": torch.get_num_threads(),
        "whether gradients are recorded": torch.is_grad_enabled(),
        "whether algorithms are deterministic": torch.are_deterministic_algorithms_enabled(),
    }
