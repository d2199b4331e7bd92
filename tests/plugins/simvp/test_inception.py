"""The translator's module, against one that convolves group by group."""

from typing import Any

import torch
from torch.nn.functional import conv2d

from framecast_simvp.inception import Inception


@torch.no_grad()
def test_it_sums_convolutions_of_several_sizes_in_groups_each_normalised_and_bent():
    module: Any = Inception(5, narrow=4, outputs=6, kernels=[1, 3], groups=2).double()
    clip = torch.randn(2, 5, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    narrow = torch.einsum("oi,bihw->bohw", module.narrow.weight[:, :, 0, 0], clip)
    narrow = narrow + module.narrow.bias[:, None, None]
    expected = torch.zeros(2, 6, 4, 3, dtype=torch.float64)
    for (convolution, norm, _), size in zip(module.branches, (1, 3), strict=True):
        for group in range(2):
            seen, given = slice(2 * group, 2 * group + 2), slice(3 * group, 3 * group + 3)
            part = conv2d(narrow[:, seen], convolution.weight[given], convolution.bias[given], padding=size // 2)
            mean, variance = part.mean((1, 2, 3), keepdim=True), part.var((1, 2, 3), unbiased=False, keepdim=True)
            part = (part - mean) / (variance + 1e-5).sqrt()
            part = part * norm.weight[given, None, None] + norm.bias[given, None, None]
            whole = torch.zeros(2, 6, 4, 3, dtype=torch.float64)
            whole[:, given] = torch.where(part > 0, part, 0.2 * part)
            expected = expected + whole

    torch.testing.assert_close(module(clip), expected)
