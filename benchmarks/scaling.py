"""Predicts the time of a training step on n GPUs from parts that were measured on one.

    python benchmarks/scaling.py --device-ms 113 --host-ms 42 --batch 16 --parameters 2687281

`device-ms` is the GPU's time for the global batch on one GPU, `host-ms` the time that one process needs to launch
a step (the time of a step at batch 1, where the GPU waits). docs/scaling.md has the formula.
"""

from __future__ import annotations

import argparse
import math


def exchange_seconds(gradient_bytes: float, gpus: int, bandwidth: float, latency: float) -> float:
    """A ring all-reduce of the gradients: each GPU sends and receives 2 (n - 1) / n of their bytes.

    `bandwidth` in bytes a second between two neighbours, `latency` in seconds for one of the 2 (n - 1) messages;
    NCCL's trees need 2 log2(n) of them, and it takes what is faster.
    """
    if gpus == 1:
        return 0.0
    messages = min(2 * (gpus - 1), 2 * math.ceil(math.log2(gpus)))
    return 2 * (gpus - 1) / gpus * gradient_bytes / bandwidth + messages * latency


def step_seconds(gpus: int, given: argparse.Namespace) -> tuple[float, float, float]:
    """Device, exchange and step, in seconds, at a fixed global batch."""
    device = given.device_ms / 1000 * math.ceil(given.batch / gpus) / given.batch
    exchange = exchange_seconds(
        given.parameters * given.bytes_per_gradient, gpus, given.bandwidth_gb * 1e9, given.latency_us / 1e6
    )
    return device, exchange, max(device, given.host_ms / 1000) + exchange


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device-ms", type=float, required=True, help="GPU time of the global batch on one GPU")
    parser.add_argument("--host-ms", type=float, required=True, help="time to launch a step")
    parser.add_argument("--batch", type=int, required=True, help="global batch, in clips")
    parser.add_argument("--parameters", type=int, required=True, help="`platform explain JOB` prints them")
    parser.add_argument("--bytes-per-gradient", type=int, default=4, help="4: gradients are exchanged in fp32")
    parser.add_argument("--bandwidth-gb", type=float, default=20, help="GB/s between neighbours; NVLink: 200")
    parser.add_argument("--latency-us", type=float, default=20, help="microseconds for a message")
    given = parser.parse_args()
    alone = step_seconds(1, given)[2]
    print("| GPUs | device | exchange | step | speed-up | clips/s |\n|---|---|---|---|---|---|")
    for power in range(11):
        gpus = 2**power
        if gpus > given.batch:  # a worker without a clip would wait for the others
            break
        device, exchange, step = step_seconds(gpus, given)
        print(
            f"| {gpus} | {1000 * device:.1f} ms | {1000 * exchange:.2f} ms | {1000 * step:.1f} ms "
            f"| {alone / step:.2f} | {given.batch / step:.0f} |"
        )


if __name__ == "__main__":
    main()
