"""What part of training on KTH clips is spent waiting for them, with two loader processes. Target: under 5 %."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import framecast
from framecast.plugin.events import StepDone
from framecast.registry.registry import Registry
from framecast.runs.run_folder import RunFolder

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from real_clips import real_video

STEPS = 12


def main() -> None:
    print(
        "\n| training on KTH clips, 10 -> 20 frames, batch 8, 2 loader processes | step | wait for data | share |"
    )
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "kth"
        root.mkdir()
        for person in range(1, 21):
            (root / f"person{person:02d}_walking_d1_uncomp.avi").write_bytes(real_video("avi", 400, 5 * person))
        for size in (64, 120):
            kth = Registry.discover().find("data", "kth").declaration
            settings = kth.settings(root=str(root), size=size)
            kth.prepare(settings, lambda done, total: None)
            status = framecast.run(_job(root, size), runs=Path(folder) / "runs", in_process=True, verbose=False)
            events = RunFolder(status.folder).journal.read()
            steps = [event for event in events if isinstance(event, StepDone)][
                1:
            ]  # the first one starts the processes
            waited, worked = sum(event.data_wait for event in steps), sum(event.seconds for event in steps)
            each = f"{worked / len(steps):.2f} s | {1000 * waited / len(steps):.1f} ms"
            print(f"| demo network, {size}x{size} | {each} | {waited / (waited + worked):.1%} |", flush=True)


def _job(root: Path, size: int) -> dict[str, object]:
    """The demo's network, small enough that data could matter."""
    return {
        "name": "wait",
        "task": {"name": "video_prediction", "frames_in": 10, "frames_out": 20},
        "model": {
            "name": "conv_tt_lstm",
            "kernel_size": 3,
            "layers_per_block": [1, 1, 1],
            "hidden_channels": [16, 16, 16],
        },
        "data": {
            "name": "kth",
            "root": str(root),
            "size": size,
            "stride": 10,
            "ranges": "whole",
            "augmentation": {"flip": "horizontal"},
        },
        "metrics": ["mse"],
        "training": {"max_steps": STEPS, "batch_size": 8, "strategy": "torch", "evaluate_every": 1000},
        "compute": {"data_processes": 2},
    }


if __name__ == "__main__":
    main()
