"""Small data in their true formats, where the jobs of the project expect them: below `data/` of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import xarray

from framecast_kth.settings import ACTIONS
from tests.real_clips import real_frames, real_video

PERSONS = (1, 2, 11, 15, 16, 19, 22)
"""Some who train, validate and test, in each of KTH's splits."""

TEMPLATES = ("Holding something", "Opening something", "Pushing something from left to right")


def make_kth(root: Path) -> None:
    """AVI files of 160x120 pixels as they are in the official archives, and 00sequences.txt."""
    lines = ["The frames that show an action.", ""]
    for person in PERSONS:
        for number, action in enumerate(ACTIONS):
            name = f"person{person:02d}_{action}_d1"
            (root / action).mkdir(parents=True, exist_ok=True)
            content = real_video("avi", 80, 10 * number)
            (root / action / f"{name}_uncomp.avi").write_bytes(content)
            lines.append(f"{name}\tframes\t1-80")
    (root / "00sequences.txt").write_text("\r\n".join(lines))


def make_videos(root: Path) -> None:
    """Videos of three kinds, one of them in a folder."""
    (root / "more").mkdir(parents=True)
    for number, kind in enumerate(("mp4", "webm", "avi", "mp4", "mp4")):
        folder = root / "more" if number == 1 else root
        (folder / f"clip {number}.{kind}").write_bytes(real_video(kind, 40, 20 * number))


def make_radar(root: Path) -> None:
    """Two NetCDF files of hourly rain that moves eastwards, with a corner that the radar does not see."""
    root.mkdir(parents=True)
    y, x = np.mgrid[:40, :48]
    for file in range(2):
        hours = np.arange(60) + 60 * file
        rain = np.stack([np.exp(-((x - 2 * hour % 48) ** 2 + (y - 20) ** 2) / 60) for hour in hours])
        rain[:, :6, :6] = np.nan
        times = np.datetime64("2026-01-01T00", "ns") + hours * np.timedelta64(1, "h")
        coordinates = {"time": times, "y": np.arange(40.0), "x": np.arange(48.0)}
        field = xarray.DataArray(rain.astype(np.float32), coordinates, ("time", "y", "x"), name="rain")
        field.to_netcdf(root / f"radar-{file}.nc")


def make_something(root: Path) -> None:
    """WebM clips 240 pixels high at 12 frames a second, the official JSON files, and a list of classes."""
    root.mkdir(parents=True)
    entries: dict[str, list[dict[str, object]]] = {"train": [], "validation": []}
    for number in range(24):
        split = "train" if number < 18 else "validation"
        id, template = str(1000 + 37 * number), TEMPLATES[number % len(TEMPLATES)]
        _write_webm(root / f"{id}.webm", begin=4 * number)
        bracketed = template.replace("something", "[something]")
        label = template.replace("something", "a box").lower()
        entries[split].append({"id": id, "label": label, "template": bracketed, "placeholders": ["a box"]})
    for split, listed in entries.items():
        (root / f"something-something-v2-{split}.json").write_text(json.dumps(listed))
    numbers = {template: str(number) for number, template in enumerate(TEMPLATES)}
    (root / "something-something-v2-labels.json").write_text(json.dumps(numbers))
    (root / "classes.txt").write_text("\n".join(TEMPLATES[:2]))


def _write_webm(file: Path, begin: int) -> None:
    with av.open(str(file), "w") as container:
        options = {"deadline": "realtime", "cpu-used": "8", "crf": "40", "b": "0"}
        stream = container.add_stream("libvpx-vp9", rate=12, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number, frame in enumerate(real_frames(240, 320)[begin % 90 : begin % 90 + 26]):
            own = av.VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
            own.pts = number
            container.mux(stream.encode(own))
        container.mux(stream.encode())
