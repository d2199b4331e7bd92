"""The store of decoded frames: random clips against decoding the video for each, and the loader's memory.

Targets: clips at least 50 times as fast as reading the whole video; memory that does not grow with the videos.
"""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from framecast.data import FrameFormat, Source, Span, Store, StoredClips, VideoReader, Windows, prepare_store

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from real_clips import real_video

VIDEOS = 20
FRAMES = 400
CLIP = 20
ROUNDS = 30
FORMAT = FrameFormat(120, 120)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        videos = _videos(Path(folder))
        store = prepare_store(Path(folder) / "store", videos, FORMAT)
        access(store, videos)
        memory(Path(folder), videos)


def access(store: Store, videos: list[Source]) -> None:
    """The same random clips both ways, in turn."""
    rng = random.Random(0)
    seconds: dict[str, list[float]] = {"decoded": [], "stored": []}
    for _ in range(ROUNDS):
        number, start = rng.randrange(VIDEOS), rng.randrange(FRAMES - CLIP)
        began = time.perf_counter()
        frames = [frame.pixels for frame in VideoReader(videos[number].path, FORMAT)]
        decoded = np.stack(frames[start : start + CLIP])
        between = time.perf_counter()
        stored = store.read(store.videos[number], start, CLIP)
        ended = time.perf_counter()
        assert (decoded == stored).all()
        seconds["decoded"].append(between - began)
        seconds["stored"].append(ended - between)
    decoded, stored = (statistics.median(values) * 1e3 for values in seconds.values())
    print("\n| random clip, 20 of 400 frames, 120x120 | whole video decoded | store | ratio | target |")
    print("|---|---|---|---|---|")
    print(
        f"| median of {ROUNDS} | {decoded:.1f} ms | {stored:.2f} ms | {decoded / stored:.0f} x | 50 x |",
        flush=True,
    )


def memory(folder: Path, videos: list[Source]) -> None:
    """Peak resident memory of going through a loader, in fresh processes: what it adds; a worker's in whole."""
    print(
        "\n| loader's memory | videos | frames stored | added to its process | its worker's peak |"
        "\n|---|---|---|---|---|"
    )
    for times in (1, 8):
        more = [
            Source(f"{source.name}-{copy}", source.path, facts=source.facts)
            for copy in range(times)
            for source in videos
        ]
        store = prepare_store(folder / f"store-{times}", more, FORMAT)
        for workers in (0, 1):
            command = [sys.executable, __file__, str(store.folder), str(workers)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            own, child = done.stdout.split()
            print(
                f"| {workers} worker{'s'[: workers != 1]} | {len(more)} | {store.bytes / 2**20:.0f} MiB "
                f"| + {own} MiB | {f'{child} MiB' if workers else '-'} |",
                flush=True,
            )


def load(folder: Path, workers: int) -> None:
    """Goes through all clips once, and prints the growth of this process and the peak of its worker, in MiB."""
    from torch.utils.data import DataLoader

    began = _peak(resource.RUSAGE_SELF)  # all libraries are imported, no store is open
    store = Store.open(folder)
    spans = [Span(number, 0, video.frames, CLIP) for number, video in enumerate(store.videos)]
    data = StoredClips(store, Windows.cut(spans, CLIP))
    for _ in DataLoader(data, batch_size=8, shuffle=True, num_workers=workers):  # type: ignore[arg-type]
        pass
    print(f"{_peak(resource.RUSAGE_SELF) - began:.0f} {_peak(resource.RUSAGE_CHILDREN):.0f}")


def _peak(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def _videos(folder: Path) -> list[Source]:
    """As long, as large and in the codec of KTH's."""
    found = []
    for number in range(VIDEOS):
        file = folder / f"clip{number:02d}.avi"
        file.write_bytes(real_video("avi", FRAMES, 6 * number))
        found.append(Source(file.stem, file))
    return found


if __name__ == "__main__":
    if len(sys.argv) == 3:
        load(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
