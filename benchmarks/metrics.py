"""The metrics against scikit-image and the package lpips, frame by frame: same figures, sooner; and memory.

Targets, on two threads: mse, psnr and ssim together at least 2 x; lpips at least 1.5 x; memory that does not grow
with the clips.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import machine, run
from torch import Tensor

import framecast
from framecast_metrics import framecast_metrics
from framecast_metrics.backbone import backbone_weights

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from real_clips import real_frames

CLIPS, FRAMES = 16, 10
ROUNDS = 9
TOLERANCE = 1e-4


def main() -> None:
    torch.set_num_threads(2)
    print(f"{machine()}, 2 threads; {CLIPS} grey clips of {FRAMES} frames, {ROUNDS} rounds in turn")
    print("\n| metrics | frame by frame | framecast | ratio | off by | target |\n|---|---|---|---|---|---|")
    for pixels in (64, 128):
        prediction, target = clips(pixels)
        compare(
            f"mse, psnr, ssim, {pixels}x{pixels}", scikit_image, ["mse", "psnr", "ssim"], prediction, target, 2
        )
    for pixels in (64, 128):
        prediction, target = clips(pixels)
        compare(f"lpips (alex), {pixels}x{pixels}", lpips_package(), ["lpips"], prediction, target, 1.5)
    print("\n| peak memory of mse, psnr, ssim and lpips | clips of 10 frames, 32x32 |\n|---|---|", flush=True)
    for number in (100, 10_000):
        print(f"| {float(run([__file__, str(number)])[1]):.0f} MiB | {number:,} |", flush=True)


def compare(
    name: str,
    theirs: Callable[[Tensor, Tensor], np.ndarray],
    metrics: list[str],
    prediction: Tensor,
    target: Tensor,
    aim: float,
) -> None:
    """Prints a row: medians, the median ratio, and the largest difference of a frame's figure."""
    own = [built(metric) for metric in metrics]
    seconds: list[tuple[float, float]] = []
    difference = 0.0
    for number in range(ROUNDS + 1):
        began = time.perf_counter()
        expected = theirs(prediction, target)
        between = time.perf_counter()
        values = torch.stack([metric.update(prediction, target) for metric in own])
        ended = time.perf_counter()
        difference = max(difference, float(np.abs(values.flatten(1).numpy() - expected).max()))
        if number:  # the first round warms both up
            seconds.append((between - began, ended - between))
    assert difference <= TOLERANCE, f"{name}: figures differ by {difference}"
    before, after = (statistics.median(column) * 1e3 for column in zip(*seconds, strict=True))
    ratio = statistics.median(one / other for one, other in seconds)
    print(
        f"| {name} | {before:.1f} ms | {after:.1f} ms | {ratio:.1f} x | {difference:.0e} | {aim} x |",
        flush=True,
    )


def clips(pixels: int) -> tuple[Tensor, Tensor]:
    """Predictions, each the frame before under noise, and the truth, (CLIPS, FRAMES, 1, H, W) in [0, 1]."""
    frames = [frame.to_ndarray(format="gray") for frame in real_frames(pixels, pixels)]
    grey = torch.from_numpy(np.stack(frames)).float().div(255).roll(-1, 0)
    target = torch.stack([grey[6 * clip : 6 * clip + FRAMES] for clip in range(CLIPS)])[:, :, None]
    noise = 0.02 * torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    return (target.roll(1, 1) + noise).clamp(0, 1), target


def built(name: str) -> Any:
    declared = next(metric for metric in framecast_metrics() if metric.name == name)
    return declared.build(declared.settings(), (0.0, 1.0))


def scikit_image(prediction: Tensor, target: Tensor) -> np.ndarray:
    from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

    pairs = list(zip(prediction.flatten(0, 2).numpy(), target.flatten(0, 2).numpy(), strict=True))
    return np.array(
        [
            [mean_squared_error(truth, guess) for guess, truth in pairs],
            [peak_signal_noise_ratio(truth, guess, data_range=1) for guess, truth in pairs],
            [structural_similarity(truth, guess, data_range=1) for guess, truth in pairs],
        ]
    )


def lpips_package() -> Callable[[Tensor, Tensor], np.ndarray]:
    framecast.import_torchvision()
    import lpips

    network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    weights = backbone_weights("alex", None)
    for name, parameter in network.net.named_parameters():
        parameter.data.copy_(weights[name.partition(".")[2]])

    @torch.no_grad()
    def score(prediction: Tensor, target: Tensor) -> np.ndarray:
        pairs = zip(prediction.flatten(0, 1), target.flatten(0, 1), strict=True)
        return np.array([[float(network(guess[None], truth[None], normalize=True)) for guess, truth in pairs]])

    return score


def stream(number: int) -> None:
    """Scores so many random clips in batches, and prints this process's peak memory in MiB."""
    metrics = [built(name) for name in ("mse", "psnr", "ssim", "lpips")]
    generator = torch.Generator().manual_seed(0)
    for _ in range(number // 20):
        prediction, target = torch.rand(2, 20, FRAMES, 1, 32, 32, generator=generator)
        for metric in metrics:
            metric.update(prediction, target)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        stream(int(sys.argv[1]))
    else:
        main()
