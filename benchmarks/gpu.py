"""What a GPU session measures, in at most eight minutes: `make bench-gpu`.

Writes docs/gpu/NAME.json, after every row, and prints the same as tables for docs/benchmarks.md. What does not fit
into the time is left out and named. `--device cpu --tiny` goes through the same code with small networks, to see
that it runs; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from measure import REPOSITORY, machine
from networks import Setting, built, training_step

sys.path.append(str(REPOSITORY))
import framecast
from framecast.engine.strategies.precision import float32_products
from framecast.plugin.events import StepDone
from framecast.registry.registry import Registry
from framecast.search.find import find_run
from tests.plugins.conv_tt_lstm.golden_case import GOLDEN, Case
from tests.simulated_gpu.audit import Audit

MINUTES = 8.0
DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Session:
    """The rows of each table so far, and the time that is left."""

    def __init__(self, device: str, tiny: bool, minutes: float) -> None:
        self.device, self.tiny = device, tiny
        self.ends = time.monotonic() + 60 * minutes
        name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
        self.path = REPOSITORY / "docs" / "gpu" / f"{name.lower().replace(' ', '-')}.json"
        if tiny:
            self.path = Path(tempfile.mkdtemp(prefix="bench-gpu-")) / self.path.name
        self.found: dict[str, Any] = {
            "device": name,
            "machine": machine(),
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "date": date.today().isoformat(),
            "left_out": [],
        }

    def time_for(self, what: str, seconds: float) -> bool:
        """Whether so many seconds are left before the end. What is left out is recorded."""
        enough = self.ends - time.monotonic() > (0 if self.tiny else seconds)
        if not enough:
            self.found["left_out"].append(what)
        return enough

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Adds a row, prints it, and writes all that there is."""
        rows = self.found.setdefault(table, [])
        if not rows:
            print(f"\n| {table}: {' | '.join(row)} |\n|{'---|' * len(row)}")
        rows.append(row)
        print("| " + " | ".join(map(str, row.values())) + " |", flush=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.found, indent=1) + "\n")

    def synchronize(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()

    def seconds(self, call: Callable[[], object], repeats: int = 5) -> float:
        """The median time of a call, after two that do not count."""
        taken = []
        for number in range(repeats + 2):
            self.synchronize()
            began = time.perf_counter()
            call()
            self.synchronize()
            if number >= 2:
                taken.append(time.perf_counter() - began)
        return statistics.median(taken)

    def setting(self, **given: Any) -> Setting:
        whole = {"frames_in": 10, "frames_out": 10, "size": 64, "batch": 16}
        if self.tiny:
            return replace(Setting(**{**whole, **given, "device": self.device}), small=True, size=16, batch=2)
        return Setting(**{**whole, **given, "device": self.device})


def golden(session: Session) -> None:
    """The golden cases: predictions and gradients, against numbers that a CPU computed."""
    for precision in ("fp32", "tf32"):
        for path in sorted(GOLDEN.glob("*.npz")):
            with float32_products(precision == "tf32"):
                frames, gradients = Case(path.stem, session.device).differences()
            row = {"case": path.stem, "precision": precision, "frames": f"{frames:.1e}"}
            session.add("golden cases, largest difference", {**row, "gradients": f"{gradients:.1e}"})


def launches(session: Session) -> None:
    """Operations that a step dispatches, as the tests count them, and kernels that the profiler saw."""
    for name in ("reference", "fast", "eager"):
        for inputs in ("true", "own"):
            setting = session.setting(precision="bf16", inputs=inputs, batch=2)
            network, clip = built(setting, name), setting.clip()
            with without_triton(name == "eager"):
                training_step(setting, network, clip)
                with Audit() as audit:
                    training_step(setting, network, clip)
                seen = kernels(session, setting, network) if session.device == "cuda" else None
            session.add(
                "launches of a training step",
                {
                    "implementation": name,
                    "inputs": inputs,
                    "dispatched": audit.cost.launches.total(),
                    "kernels": seen,
                    "waits": audit.cost.waits.total(),
                },
            )


@contextmanager
def without_triton(wanted: bool) -> Iterator[None]:
    """PyTorch's operators in place of Triton's kernels, where that is wanted."""
    if not wanted:
        yield
        return
    with patch.object(framecast, "triton_problem", lambda: "Triton is left out for a comparison"):
        yield


def kernels(session: Session, setting: Setting, network: torch.nn.Module) -> int:
    """Kernels of a training step on the device."""
    clip = setting.clip()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        training_step(setting, network, clip)
        session.synchronize()
    return sum(event.device_type == torch.autograd.DeviceType.CUDA for event in profile.events() or [])


def steps(session: Session) -> None:
    """Forward and backward of the paper's network, closed loop: time, memory, and the share of a large matrix
    product's rate in the same number format."""
    rows = [
        (name, precision, batch, size)
        for batch, size in ((16, 64), (2, 64), (64, 64), (16, 128))
        for precision in ("bf16", "fp16", "tf32", "fp32")
        for name in ("fast", "eager", "reference", "compiled")
        if (batch, size) in ((16, 64), (2, 64)) or name == "fast"
    ]
    peaks = {precision: matrix_product(session, precision) for precision in DTYPES}
    for name, precision, batch, size in rows:
        described = f"step {name} {precision} batch {batch} {size}x{size}"
        if not session.time_for(described, 90 if name == "compiled" else 15):
            continue
        setting = session.setting(precision=precision, batch=batch, size=size)
        row: dict[str, Any] = {"implementation": name, "precision": precision, "batch": batch, "pixels": size}
        try:
            with float32_products(precision == "tf32"), without_triton(name == "eager"):
                network, clip = built(setting, name), setting.clip()
                if session.device == "cuda":
                    torch.cuda.reset_peak_memory_stats()
                seconds = session.seconds(lambda: training_step(setting, network, clip), 3)  # noqa: B023
        except torch.OutOfMemoryError as error:
            session.found["left_out"].append(f"{described}: {str(error).splitlines()[0]}")
            continue
        memory = torch.cuda.max_memory_allocated() // 2**20 if session.device == "cuda" else None
        rate = setting.operations / seconds
        figures = {"ms": round(1000 * seconds, 1), "MiB": memory, "TFLOP/s": round(rate / 1e12, 2)}
        session.add("training step", {**row, **figures, "share": round(rate / peaks[precision], 3)})


def matrix_product(session: Session, precision: str) -> float:
    """Floating-point operations a second of one large matrix product."""
    size = 512 if session.tiny else 8192
    one = torch.randn(size, size, device=session.device, dtype=DTYPES[precision])
    with float32_products(precision == "tf32"):
        return 2 * size**3 / session.seconds(lambda: one @ one)


def metrics(session: Session) -> None:
    """Time of each metric for a batch of predictions."""
    shape = (2, 4, 1, 32, 32) if session.tiny else (16, 20, 1, 64, 64)
    prediction, target = (torch.rand(shape, device=session.device) for _ in range(2))
    registry = Registry.discover()
    for name in ("mse", "psnr", "ssim", "lpips"):
        declaration = registry.find("metric", name).declaration
        metric = declaration.build(declaration.settings(), framecast.ValueRange(0.0, 1.0))
        seconds = session.seconds(lambda: metric.update(prediction, target))  # noqa: B023
        session.add("metrics", {"metric": name, "clips": shape[0], "ms": round(1000 * seconds, 2)})


def trainings(session: Session) -> None:
    """jobs/moving_mnist.yaml: time of a step with each strategy; a few hundred steps whose loss should fall."""
    few, many = ("3", "6") if session.tiny else ("12", "300")
    precisions = ("fp32",) if session.device == "cpu" else ("bf16", "fp16")
    for precision in precisions:
        for strategy in ("torch", "deepspeed"):
            limit = many if strategy == "deepspeed" else few
            if not session.time_for(f"{limit} steps, {strategy} {precision}", 120 if limit == many else 30):
                continue
            losses, seconds = trained(session, strategy, precision, limit)
            share = max(1, len(losses) // 10)
            first, last = statistics.mean(losses[:share]), statistics.mean(losses[-share:])
            row = {"strategy": strategy, "precision": precision, "steps": len(losses)}
            figures = {
                "ms": round(1000 * seconds, 1),
                "first tenth": round(first, 4),
                "last tenth": round(last, 4),
            }
            session.add("training, mean loss", {**row, **figures})


def trained(session: Session, strategy: str, precision: str, steps: str) -> tuple[list[float], float]:
    """Losses, and the median time of a step after the first few."""
    job = "demo" if session.tiny else "moving_mnist"
    given = {
        "training.strategy": strategy,
        "training.precision": precision,
        "training.max_steps": steps,
        "data.validation_clips": "16",
    }
    if session.tiny:
        given["training.batch_size"] = "2"
    with tempfile.TemporaryDirectory() as runs:
        command = ["submit", f"jobs/{job}.yaml", *(f"{key}={value}" for key, value in given.items())]
        done = subprocess.run(
            [sys.executable, "-m", "framecast", *command, "--in-process", "--runs", runs],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=max(60.0, session.ends - time.monotonic()),
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"platform {' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        events = find_run(job, Path(runs)).journal.read()
    taken = [event for event in events if isinstance(event, StepDone)]
    return [event.loss for event in taken], statistics.median(event.seconds for event in taken[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--tiny", action="store_true", help="small networks: whether it runs")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("no GPU here: nothing was measured (--device cpu --tiny tries the code)")
    session = Session(given.device, given.tiny, given.minutes)
    print(f"{session.found['device']}, {session.found['machine']}, torch {torch.__version__}")
    for part in (golden, launches, trainings, metrics, steps):  # the most telling first: time may end
        part(session)
    for each in session.found["left_out"]:
        print(f"left out: {each}")
    print(f"written to {session.path}")


if __name__ == "__main__":
    main()
