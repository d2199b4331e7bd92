"""A kernel in Triton, for the audit to count."""

import triton
import triton.language as tl


@triton.jit
def double(numbers, count, BLOCK: tl.constexpr):
    index = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(numbers + index, 2 * tl.load(numbers + index, index < count), index < count)
