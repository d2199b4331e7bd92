"""Batches of Moving-MNIST clips per second, drawn at once, against a plain loop over digits and frames.

Both make the same pixels of the same random numbers. Target: at least 3 times the loop's.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from measure import REPOSITORY, compared

from framecast_moving_mnist.clips import made
from framecast_moving_mnist.digits import load_digits

sys.path.append(str(REPOSITORY / "tests" / "plugins" / "moving_mnist"))

from plain_loop import plain_clip

BATCH, FRAMES, SIZE, STEP = 16, 20, 64, 0.1
PAIRS, REPEATS = 9, 50


def batches_per_second(make: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        make()
        seconds.append(time.perf_counter() - began)
    return 1 / statistics.median(seconds)


def main() -> None:
    digits_KHW = load_digits(None, "train")
    numbers_BN4 = np.random.default_rng(0).random((BATCH, 2, 4))

    def at_once() -> np.ndarray:
        return made(numbers_BN4, digits_KHW, FRAMES, SIZE, STEP)

    def looped() -> np.ndarray:
        return np.stack([plain_clip(numbers_N4, digits_KHW, FRAMES, SIZE, STEP) for numbers_N4 in numbers_BN4])

    if not np.array_equal(at_once(), looped()):
        raise SystemExit("the two make different clips")
    name = f"Moving-MNIST, batch {BATCH}, {FRAMES} frames of {SIZE}x{SIZE}"
    ours, bare = (lambda: batches_per_second(at_once)), (lambda: batches_per_second(looped))
    ratio = compared(name, "batches/s", ours, bare, PAIRS)
    met = "met" if ratio >= 3 else "**missed**"
    print(f"| {name} ({PAIRS} pairs) | {ours():.0f}/s | {bare():.0f}/s | {ratio:.1f} | at least 3: {met} |")


if __name__ == "__main__":
    main()
