"""The Conv-TT-LSTM's fast path against its reference implementation: exactness, speed, memory, growth.

`python benchmarks/model.py`, or `python benchmarks/model.py small`: only the ratios of a small network's training
steps, a minute instead of an hour.

Targets, on a CPU: training at least 1.5 x the reference in fp32 and 2 x in bf16; 75 % of the rate of one large
convolution; prediction 1.5 x; peak memory at most 0.75 x (0.5 x at steps 5), with `layers` 0.35 x. On a GPU: 3 x.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from measure import REPOSITORY, machine, run
from networks import Setting, built, predictions, training_step
from torch import Tensor

from framecast.launch.freed_memory import keep_freed_memory

ROUNDS = 3
PLOT = REPOSITORY / "docs" / "growth.png"


def exactness() -> None:
    """Outputs and gradients against the reference in fp32, the norm of the difference over the norm."""
    print("\n| exactness | outputs, largest difference | gradients, all together | target |\n|---|---|---|---|")
    for precision, target in (("fp32", "1e-5"), ("bf16", "2 % of gradients")):
        setting = Setting(precision=precision, steps=5)
        slow, fast = built(setting, "reference"), built(setting, "fast")
        expected = predictions(setting.exact(), slow, setting.clip())
        got = predictions(setting, fast, setting.clip())
        training_step(setting.exact(), slow, setting.clip())
        training_step(setting, fast, setting.clip())
        theirs = {name: weight.grad for name, weight in slow.named_parameters() if weight.grad is not None}
        off = torch.stack([(weight.grad - theirs[name]).norm() for name, weight in fast.named_parameters()]).norm()
        wrong = float(off / torch.stack([gradient.norm() for gradient in theirs.values()]).norm())
        print(
            f"| {setting} | {float((got - expected).detach().abs().max()):.1e} | {wrong:.1e} | {target} |",
            flush=True,
        )


def training(settings: Iterable[Setting]) -> None:
    """Training steps, side by side with the reference and one large convolution, forward and backward."""
    print("\n| training step | reference | fast | ratio | large convolution | share |\n|---|---|---|---|---|---|")
    for setting in settings:
        networks = {name: built(setting, name) for name in ("reference", "fast")}
        clip, convolution = setting.clip(), _LargeConvolution(setting)
        step = {name: _warm(partial(training_step, setting, net, clip)) for name, net in networks.items()}
        step["convolution"] = _warm(convolution)
        seconds = _in_turn(step)
        slow, fast = (setting.operations / _median(seconds[name]) / 1e9 for name in ("reference", "fast"))
        peak = convolution.operations / _median(seconds["convolution"]) / 1e9
        ratios = [one / other for one, other in zip(seconds["reference"], seconds["fast"], strict=True)]
        shares = [
            setting.operations / own * other / convolution.operations
            for own, other in zip(seconds["fast"], seconds["convolution"], strict=True)
        ]
        print(
            f"| {setting} | {slow:.0f} GFLOP/s | {fast:.0f} GFLOP/s | {_spread(ratios)} | {peak:.0f} GFLOP/s "
            f"| {_spread(shares)} |",
            flush=True,
        )


def small() -> None:
    """Training steps of the demo's network, which decide what `model.implementation: auto` is on a CPU."""
    print("\n| training step, demo's network | reference | fast | ratio |\n|---|---|---|---|")
    for precision in ("fp32", "bf16"):
        for inputs in ("true", "own"):
            setting = Setting(precision=precision, inputs=inputs, batch=8, small=True)
            networks = {name: built(setting, name) for name in ("reference", "fast")}
            seconds = _in_turn(
                {
                    name: _warm(partial(training_step, setting, network, setting.clip()))
                    for name, network in networks.items()
                }
            )
            ratios = [one / other for one, other in zip(seconds["reference"], seconds["fast"], strict=True)]
            slow, fast = (_median(seconds[name]) for name in ("reference", "fast"))
            print(f"| {setting} | {slow:.2f} s | {fast:.2f} s | {_spread(ratios)} |", flush=True)


def freed_memory() -> None:
    """Training steps in fresh processes that keep the memory they free, or return it to the kernel."""
    print("\n| kept memory, demo's network | returned | kept | ratio | page faults a step | peak memory |")
    print("|---|---|---|---|---|---|")
    setting = Setting(batch=8, small=True)
    rounds = [[_alone(setting, "fast", repeats=8, keep=keep) for keep in (False, True)] for _ in range(ROUNDS)]
    (returned, kept), ratios = zip(*rounds, strict=True), [a["seconds"] / b["seconds"] for a, b in rounds]
    of = {key: [_median([one[key] for one in column]) for column in (returned, kept)] for key in returned[0]}
    print(
        f"| {setting} | {of['seconds'][0]:.3f} s | {of['seconds'][1]:.3f} s | {_spread(ratios)} "
        f"| {of['faults'][0]:.0f}, {of['faults'][1]:.0f} | {of['memory'][0]:.0f} MiB, {of['memory'][1]:.0f} MiB |",
        flush=True,
    )


def prediction() -> None:
    """Closed-loop prediction 10 -> 30, without gradients."""
    print("\n| prediction 10 -> 30 | reference | fast | ratio |\n|---|---|---|---|")
    for size in (32, 64):
        for precision in ("fp32", "bf16"):
            setting = Setting(size=size, precision=precision, frames_in=10, frames_out=30)
            clip = setting.clip()
            calls = {
                name: _warm(partial(predictions, setting, built(setting, name), clip))
                for name in ("reference", "fast")
            }
            with torch.no_grad():
                seconds = _in_turn(calls)
            ratios = [one / other for one, other in zip(seconds["reference"], seconds["fast"], strict=True)]
            slow, fast = (_median(seconds[name]) for name in ("reference", "fast"))
            print(f"| {setting} | {slow:.2f} s | {fast:.2f} s | {_spread(ratios)} |", flush=True)


def memory() -> None:
    """Peak resident memory of a training step in a fresh process, above its value once the model is built."""
    print(
        "\n| peak memory | reference | fast | ratio | layers | ratio | its time |\n|---|---|---|---|---|---|---|"
    )
    for steps in (3, 5):
        for inputs in ("true", "own"):
            setting = Setting(steps=steps, size=64, inputs=inputs)
            slow, fast, layers = (_alone(setting, name) for name in ("reference", "fast", "layers"))
            peak = slow["memory"]
            print(
                f"| {setting} | {peak:.0f} MiB | {fast['memory']:.0f} MiB | {fast['memory'] / peak:.2f} "
                f"| {layers['memory']:.0f} MiB | {layers['memory'] / peak:.2f} "
                f"| {layers['seconds'] / fast['seconds']:.2f} x |",
                flush=True,
            )


def growth() -> None:
    """Time and memory of a training step as one number grows, as a plot."""
    from matplotlib.figure import Figure

    base = Setting(inputs="true", steps=5)
    axes = {
        "frames": [replace(base, frames_out=value) for value in (5, 10, 15, 20)],
        "order": [replace(base, order=value) for value in (1, 2, 3, 4, 5)],
        "steps": [replace(base, steps=value) for value in (3, 5, 7, 9)],
        "rank": [replace(base, rank=value) for value in (8, 16, 24, 32)],
        "pixels": [replace(base, size=value) for value in (16, 32, 48, 64)],
    }
    x = {
        "frames": lambda setting: setting.frames_in + setting.frames_out - 1,
        "order": lambda setting: setting.order,
        "steps": lambda setting: setting.steps,
        "rank": lambda setting: setting.rank,
        "pixels": lambda setting: setting.size**2,
    }
    figure = Figure(figsize=(15, 5.2), layout="constrained")
    panels = figure.subplots(2, len(axes))
    print("\n| growth | values | seconds | operations | MiB |\n|---|---|---|---|---|")
    for column, (name, settings) in enumerate(axes.items()):
        values = [x[name](setting) for setting in settings]
        found = [_alone(setting, "fast") for setting in settings]
        seconds, mebibytes = [one["seconds"] for one in found], [one["memory"] for one in found]
        operations = [setting.operations / 1e9 for setting in settings]
        rows = (values, [f"{one:.2f}" for one in seconds], [f"{one:.0f} G" for one in operations])
        cells = " | ".join(", ".join(map(str, row)) for row in (*rows, [f"{one:.0f}" for one in mebibytes]))
        print(f"| {name} | {cells} |", flush=True)
        for panel, row in ((panels[0, column], seconds), (panels[1, column], mebibytes)):
            panel.plot(values, row, "o-", color="#1f6feb")
            panel.set_ylim(0, max(row) * 1.15)
            panel.set_xlim(0, max(values) * 1.08)
            panel.spines[["top", "right"]].set_visible(False)
        scale = statistics.median(one / other for one, other in zip(seconds, operations, strict=True))
        panels[0, column].plot(values, [scale * one for one in operations], ":", color="#999999")
        panels[1, column].set_xlabel(name)
    panels[0, 0].set_ylabel("seconds a step\n(dotted: its operations)")
    panels[1, 0].set_ylabel("peak memory, MiB")
    figure.savefig(PLOT, dpi=80)
    print(f"plotted in {Path(PLOT).relative_to(REPOSITORY)}")


def gpu() -> None:
    """The same table on a GPU: at least 3 x the reference under autocast."""
    if not torch.cuda.is_available():
        print("\nOn a GPU: not measured (none here)")
        return
    print(f"\nOn {torch.cuda.get_device_name()}:")
    shape = {"batch": 16, "frames_in": 10, "frames_out": 10, "device": "cuda"}
    training(
        Setting(size=size, precision=precision, inputs=inputs, **shape)
        for size in (64, 128)
        for precision in ("fp32", "bf16", "fp16")
        for inputs in ("true", "own")
    )


class _LargeConvolution:
    """48 -> 192 channels, 5x5, over as many frames as a training step has: forward and both gradients."""

    def __init__(self, setting: Setting) -> None:
        frames, size = setting.batch * (setting.frames_in + setting.frames_out - 1), setting.size
        dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[setting.precision]

        def tensor(*shape: int) -> Tensor:
            made = torch.randn(shape, device=setting.device).to(dtype, memory_format=torch.channels_last)
            return made.requires_grad_()

        self.input, self.kernel = tensor(frames, 48, size, size), tensor(192, 48, 5, 5)
        self.gradient = tensor(frames, 192, size, size).detach()
        self.operations = 6.0 * 48 * 192 * 25 * frames * size * size
        self.cuda = setting.device == "cuda"

    def __call__(self) -> None:
        torch.conv2d(self.input, self.kernel, padding=2).backward(self.gradient)
        if self.cuda:
            torch.cuda.synchronize()


def _in_turn(calls: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Rounds of all calls, one after another, in an order that turns round."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(ROUNDS):
        names = list(calls) if number % 2 == 0 else list(reversed(calls))
        for name in names:
            seconds[name].append(calls[name]())
    return seconds


def _warm(call: Callable[[], object]) -> Callable[[], float]:
    """Seconds of a call, after one that does not count."""

    def timed() -> float:
        call()
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    return timed


def _alone(setting: Setting, implementation: str, repeats: int = 2, keep: bool = True) -> dict[str, float]:
    """A fresh process."""
    more = {"implementation": implementation, "repeats": repeats, "keep": keep}
    arguments = json.dumps({**asdict(setting), **more})
    found: dict[str, float] = json.loads(run(["benchmarks/one_step.py", arguments])[1])
    return found


def _median(values: list[float]) -> float:
    return statistics.median(values)


def _spread(values: list[float]) -> str:
    return f"{_median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    print(f"\n{machine()}, torch {torch.__version__}")
    keep_freed_memory()  # as training processes do
    small()
    freed_memory()
    if sys.argv[1:] == ["small"]:
        return
    exactness()
    training(
        Setting(steps=steps, size=size, precision=precision, inputs=inputs)
        for precision in ("fp32", "bf16")
        for size in (32, 64)
        for steps in (3, 5)
        for inputs in ("true", "own")
    )
    prediction()
    memory()
    growth()
    gpu()


if __name__ == "__main__":
    main()
