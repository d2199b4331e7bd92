"""Every reader of files of the platform and its plugins: how to make a sound file for it, and how it is called."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from framecast.plugin.events import RunStarted, StepDone
from tests.untrusted.clean_process import CleanProcess

JOB = """\
name: tiny
task: {name: video_prediction, frames_in: 2, frames_out: 3}
model: {name: conv_lstm, layers_per_block: [1], hidden_channels: [2], kernel_size: 3}
data: {name: moving_mnist, size: 16, digit_size: 7, train_clips: 4, validation_clips: 2}
metrics: [mse]
training: {epochs: 2, batch_size: 2, strategy: torch}
"""


@dataclass(frozen=True)
class Reader:
    """`make` writes a sound file into an empty folder and returns it; `read` reads a file that may have been
    spoilt since, and returns a note where something was left out."""

    name: str
    make: Callable[[Path], Path]
    read: Callable[[Path], str | None]
    is_json: bool = False
    changes_its_process: bool = False

    def made(self, folder: Path) -> Path:
        """`make`, in another process: decoders and Zarr leave threads behind."""
        return _maker().call(_make, self, folder)

    def __reduce__(self) -> tuple[Any, ...]:
        return reader_named, (self.name,)


def reader_named(name: str) -> Reader:
    """The one of `READERS` that has this name."""
    return next(each for each in READERS if each.name == name)


@cache
def _maker() -> CleanProcess:
    return CleanProcess()


def _make(reader: Reader, folder: Path) -> Path:
    return reader.make(folder)


def _write(file: Path, content: str | bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


# jobs, plans, searches


def _job(folder: Path) -> Path:
    return _write(folder / "job.yaml", JOB)


def _read_job(file: Path) -> None:
    from framecast.job.load import load_plan

    load_plan(file, [], [])


def _plan(folder: Path) -> Path:
    _job(folder)
    return _write(folder / "runs" / "tiny" / "20260101-000000-aaaa" / "plan.yaml", _plan_text())


@cache
def _plan_text() -> str:
    from tempfile import TemporaryDirectory

    from framecast.job.load import load_plan

    with TemporaryDirectory() as folder:
        return load_plan(_job(Path(folder)), [], [])[1].to_yaml()


def _read_plan(file: Path) -> None:
    from framecast.job.plan_file import PlanFile
    from framecast.job.recorded_plan import RecordedPlan
    from framecast.runs.plan_names import plan_names

    plan_names(file)
    PlanFile.read(file)
    recorded = RecordedPlan.of(file)
    _ = recorded.metrics, recorded.published, recorded.sample_shape, recorded.readings, recorded.horizon


def _read_plan_with_plugins(file: Path) -> None:
    from framecast.job.load import read_plan

    read_plan(file)


def _search(folder: Path) -> Path:
    from framecast.job.document import Document
    from framecast.search.search_folder import SearchFolder

    found = SearchFolder(folder / "runs" / "tiny" / "20260101-000000-bbbb")
    found.path.mkdir(parents=True)
    values = {"model.hidden_channels": {"choice": [[2], [4]]}}
    space = {"parameters": values, "objectives": {"validation/mse": "min"}}
    job = {**Document.read(_job(folder)).data, "search": space}
    found.write(Document.from_data(job), [])
    return found.path / found.marker


def _read_search(file: Path) -> None:
    from framecast.search.search_folder import SearchFolder

    found = SearchFolder(file.parent)
    found.document()
    found.search()


# a run's folder

_STARTED = RunStarted(1, 0, 0, 0, 4, 8, 1, "cpu", "fp32", "torch", 10)


def _events(folder: Path) -> Path:
    run = _plan(folder).parent
    steps = [StepDone(step, 0, 0.5, None, 1e-3, None, False, 0.1, {"a": 1.0}) for step in range(1, 4)]
    return _write(run / "events.jsonl", "".join(event.to_json() + "\n" for event in (_STARTED, *steps)))


def _of_run(name: str, content: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        return _write(_events(folder).parent / name, json.dumps(content))

    return make


def _read_run(file: Path) -> None:
    """As `platform list`, `status` and `report` look at the run that the file belongs to."""
    from framecast.cli.list_runs import rows_of
    from framecast.runs.run_folder import RunFolder
    from framecast.runs.status import Status

    run = RunFolder(next(each for each in file.parents if each.parent.name == "tiny"))
    rows_of([run])
    Status.of(run)
    run.journal.read()


def _read_report(file: Path) -> None:
    from framecast.report.page import write_report
    from framecast.runs.run_folder import RunFolder

    _read_run(file)
    write_report(RunFolder(next(each for each in file.parents if each.parent.name == "tiny")))


def _read_driver(file: Path) -> None:
    from framecast.runs.driver import Driver
    from framecast.runs.run_folder import RunFolder

    driver = Driver.of(RunFolder(file.parent))
    if driver:
        _ = driver.is_alive, driver.silence, str(driver)


def _manifest(folder: Path) -> Path:
    import hashlib

    checkpoint = _events(folder).parent / "checkpoints" / "step-00000003"
    weights = _write(checkpoint / "model.safetensors", _safetensors())
    position = {"epoch": 0, "batch": 3, "step": 3}
    loop = {"position": position, "task": {}, "numbers": {}, "optimizer": "adam", "normalisation": None}
    _write(checkpoint / "loop.json", json.dumps(loop))
    sums = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (weights, checkpoint / "loop.json")
    }
    content = {"step": 3, "epoch": 1, "monitor": 0.5, "files": sums, "direction": "min"}
    return _write(checkpoint / "manifest.json", json.dumps(content))


def _read_manifest(file: Path) -> str | None:
    from framecast.engine.checkpoint.reading import newest_usable
    from framecast.runs.checkpoints import CheckpointStore

    store = CheckpointStore(file.parent.parent)
    found, complaints = newest_usable(store)
    store.named("best")
    return "; ".join(complaints) or (None if found else "no checkpoint")


_REMOTE = {"address": "http://head:8265", "job": "submit-1", "runs": "/shared", "variables": ["A"], "earlier": []}


def _read_remote(file: Path) -> None:
    from framecast.runs.remote_run import RemoteRun

    run = RemoteRun(file.parent)
    _ = run.last_known, run.copy(), run.copy_is_final(), run.location


def _evaluation() -> dict[str, Any]:
    entry = {"value": 1.0, "low": 0.5, "high": 1.5, "observations": 4}
    row = {
        "label": "tiny step 3",
        "model": "conv_lstm",
        "parameters": 10,
        "counts": {"mse": 4},
        "confusion": None,
        "metrics": {"mse": entry},
        "per_frame": {"mse": [1.0, 2.0, 3.0]},
        "difference_from_first": None,
    }
    return {
        "framecast": "0.1.0",
        "date": "2026-01-01 00:00:00",
        "split": "validation",
        "data": {"name": "moving_mnist"},
        "task": "video_prediction",
        "frames_in": 2,
        "frames_out": 3,
        "clips": 4,
        "intervals": {"level": 0.95, "over": "clips", "groups": 4, "assumed": True, "reason": ""},
        "protocols": {"mse": "framecast"},
        "units": {"mse": ""},
        "directions": {"mse": "min"},
        "needs": {"mse": "frames"},
        "readings": [],
        "classes": [],
        "rows": [row, {**row, "label": "last_frame", "model": "last_frame"}],
    }


# models


def _safetensors(metadata: dict[str, str] | None = None) -> bytes:
    header: dict[str, Any] = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    if metadata:
        header["__metadata__"] = metadata
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


def _exported(folder: Path) -> Path:
    from framecast.evaluation.evaluation_target import NORMALISATION_KEY, PLAN_KEY
    from framecast.plugin.normalisation import Normalisation

    plan = _plan(folder).read_text()
    numbers = json.dumps(Normalisation((1.0,), (2.0,), names=("t",), units=("K",)).to_dict())
    return _write(folder / "model.safetensors", _safetensors({PLAN_KEY: plan, NORMALISATION_KEY: numbers}))


def _read_exported(file: Path) -> None:
    import torch

    from framecast.evaluation.evaluation_target import find_subject

    find_subject(str(file), file.parent / "no runs").model(torch.device("cpu"))


def _normalisation(folder: Path) -> Path:
    content = {"offset": [1.0, 2.0], "scale": [1.0, 0.5], "fill": [], "names": ["u", "v"], "units": ["m", "m"]}
    return _write(folder / "normalisation.json", json.dumps(content))


def _read_normalisation(file: Path) -> None:
    from framecast.bounded import read_json_object
    from framecast.plugin.normalisation import Normalisation

    try:
        found = Normalisation.from_dict(read_json_object(file))
    except FileNotFoundError as error:
        _not_there(error)
    found.undone(found.applied(np.zeros((1, len(found.offset), 2, 2), np.float32)))


def _published(folder: Path) -> Path:
    import torch

    torch.save({"model_state_dict": {"layers.output.weight": torch.zeros(1, 2, 1, 1)}}, folder / "published.pt")
    return folder / "published.pt"


def _read_published(file: Path) -> None:
    from framecast.errors import InputError
    from framecast_conv_tt_lstm.published import load_published

    try:
        load_published(file)
    except ValueError as error:  # what `platform evaluate --published` passes on with the file's name
        raise InputError(" ".join(str(error).split())) from None
    except FileNotFoundError as error:
        _not_there(error)


def _not_there(error: FileNotFoundError) -> None:
    """Whoever calls with a file that was listed a moment ago says this in its own words."""
    from framecast.errors import InputError

    raise InputError(f"{error.filename}: no such file") from None


# arrays, fields


def _npy(folder: Path) -> Path:
    np.save(folder / "clip.npy", np.zeros((6, 16, 16), np.uint8))
    return folder / "clip.npy"


def _npz(folder: Path) -> Path:
    np.savez_compressed(
        folder / "clip.npz", frames=np.linspace(0, 1, 6 * 256, dtype=np.float32).reshape(6, 16, 16)
    )
    return folder / "clip.npz"


def _read_array(file: Path) -> None:
    from framecast.evaluation.array_file import load_array, order_axes, picture_scale
    from framecast.plugin.sample_shape import SampleShape

    array = order_axes(load_array(file), SampleShape(5, 1, 16, 16), str(file)).frames
    picture_scale(array, (0.0, 1.0), str(file)).apply(array[:5])


def _netcdf(folder: Path) -> Path:
    import netCDF4

    with netCDF4.Dataset(folder / "field.nc", "w") as file:
        for name, size in (("time", 6), ("y", 4), ("x", 5)):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time[:] = "hours since 2020-01-01", range(6)
        rain = file.createVariable("rain", "f4", ("time", "y", "x"), zlib=True)
        rain[:] = np.arange(120).reshape(6, 4, 5)
    return folder / "field.nc"


def _classic_netcdf(folder: Path) -> Path:
    import netCDF4

    with netCDF4.Dataset(folder / "field.nc", "w", format="NETCDF3_CLASSIC") as file:
        for name, size in (("time", None), ("y", 4), ("x", 5)):
            file.createDimension(name, size)
        file.createVariable("rain", "f4", ("time", "y", "x"))[:6] = np.arange(120).reshape(6, 4, 5)
    return folder / "field.nc"


def _read_field(file: Path) -> None:
    from framecast_gridded.fields import Fields
    from framecast_gridded.handles import HANDLES
    from framecast_gridded.settings import GriddedSettings

    # a Zarr store is named by its folder
    place = next((each for each in file.parents if each.suffix == ".zarr"), file)
    HANDLES._close(0)  # of the file that was there before
    fields = Fields.open(GriddedSettings.model_validate({"path": str(place)}))
    if fields.frames:  # no split of a file without frames has a clip
        fields.read(0, min(3, fields.frames))


def _zarr(part: str, version: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        import warnings

        import xarray

        rain = (("time", "y", "x"), np.arange(120, dtype=np.float32).reshape(6, 4, 5))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            xarray.Dataset({"rain": rain}).to_zarr(folder / "rain.zarr", zarr_format=version, consolidated=False)
        return folder / "rain.zarr" / part

    return make


# videos and images


def _film(kind: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        import av

        codec, pixels = {"gif": ("gif", "rgb8"), "webm": ("libvpx", "yuv420p"), "apng": ("apng", "rgb24")}.get(
            kind, ("libx264" if kind == "mp4" else "mpeg4", "yuv420p")
        )
        file = io.BytesIO()
        with av.open(file, "w", format="apng" if kind == "apng" else kind) as container:
            stream: Any = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 48, 32, pixels
            for number in range(8):
                picture = np.full((32, 48, 3), 20 * number, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                container.mux(stream.encode(frame.reformat(format=pixels)))
            container.mux(stream.encode())
        return _write(folder / f"film.{kind}", file.getvalue())

    return make


def _read_film(file: Path) -> str | None:
    from framecast.data.damaged_video import DamagedVideo
    from framecast.data.source import Source
    from framecast.data.video import VideoReader
    from framecast.data.video_files import VideoFiles
    from framecast.plugin.frame_format import FrameFormat

    form = FrameFormat(16, 16)
    videos = VideoFiles([Source(file.name, file)], form)
    for video in videos.videos:
        videos.read(video, 0, min(2, video.frames))
    try:
        for _ in VideoReader(file, form):
            pass
    except DamagedVideo as error:
        return str(error)
    return None


def _image(kind: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        from PIL import Image

        (folder / "pictures").mkdir()
        for number in range(2):
            Image.fromarray(np.full((20, 30, 3), 80, np.uint8)).save(folder / "pictures" / f"{number}.{kind}")
        return folder / "pictures" / f"0.{kind}"

    return make


def _read_image(file: Path) -> str | None:
    from framecast.data.damaged_video import DamagedVideo
    from framecast.data.image_file import read_image
    from framecast.data.video import VideoReader
    from framecast.plugin.frame_format import FrameFormat

    try:
        read_image(file)
        for _ in VideoReader(file.parent, FrameFormat(16, 16, 3)):
            pass
    except DamagedVideo as error:
        return str(error)
    return None


# data sets


def _store(folder: Path) -> Path:
    from framecast.data.preparation import prepare_store
    from framecast.data.source import Source
    from framecast.plugin.frame_format import FrameFormat

    film = _film("mp4")(folder)
    prepare_store(folder / "store", [Source("film", film)], FrameFormat(16, 16), processes=1)
    return folder / "store" / "index.json"


def _shard(folder: Path) -> Path:
    return next((_store(folder).parent / "shards").iterdir())


def _read_store(file: Path) -> None:
    from framecast.data.store import Store

    folder = next(each for each in file.parents if each.name == "store")
    store = Store.prepared(folder, "platform data prepare")
    for video in store.videos:
        _ = video.stretches, store.bytes
        store.read(video, 0, min(3, video.frames))
    store.damaged()


def _list(folder: Path) -> Path:
    return _write(folder / "train.txt", "a.mp4\n# a comment\nb.mp4\n")


def _read_list(file: Path) -> None:
    from framecast.data.text_list import read_text_list

    read_text_list(file, "data.split")


_LABELS = {"Opening something": "0", "Closing something": "1"}
_ENTRIES = [{"id": "1", "template": "Opening [something]"}, {"id": "2", "template": "Closing [something]"}]


def _labels(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        contents = {
            "labels.json": _LABELS,
            "train.json": _ENTRIES,
            "validation.json": [{**_ENTRIES[0], "id": "3"}],
        }
        files = {each: _write(folder / each, json.dumps(content)) for each, content in contents.items()}
        return files[name]

    return make


def _read_labels(file: Path) -> str | None:
    from framecast_something_something.annotations import read_annotations
    from framecast_something_something.classes import read_labels

    refused = read_annotations(file.parent, read_labels(file.parent / "labels.json")).refused
    return "; ".join(each.why for each in refused) or None


def _idx() -> bytes:
    return struct.pack(">IIII", 2051, 3, 28, 28) + bytes(3 * 784)


def _digits(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        if name.endswith(".npz"):
            np.savez_compressed(folder / name, digits=np.zeros((3, 28, 28), np.uint8))
            return folder / name
        rows = "\n".join(",".join(["7"] + ["0"] * 784) for _ in range(3))
        content = {".gz": gzip.compress(_idx()), ".csv": rows.encode()}.get(Path(name).suffix, _idx())
        return _write(folder / name, content)

    return make


def _read_digits(file: Path) -> None:
    from framecast_moving_mnist.digits.formats import read_digits

    read_digits(file)


def _zip(folder: Path) -> Path:
    film = _film("avi")(folder / "films").read_bytes()
    with zipfile.ZipFile(folder / "boxing.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person01_boxing_d1_uncomp.avi", film)
        archive.writestr("00sequences.txt", _SEQUENCES)
    return folder / "boxing.zip"


_SEQUENCES = "person01_boxing_d1\tframes\t1-4, 5-8\n"


def _sequences(folder: Path) -> Path:
    _zip(folder)
    return _write(folder / "00sequences.txt", _SEQUENCES)


def _read_kth(file: Path) -> str | None:
    from framecast.data.damaged_video import DamagedVideo
    from framecast.data.video import VideoReader
    from framecast.plugin.frame_format import FrameFormat
    from framecast_kth.files import find_files

    found = find_files(file.parent)
    for source in found.sources:
        _ = source.size
        try:
            for _frame in VideoReader(source.open(), FrameFormat(16, 16)):
                pass
        except DamagedVideo as error:
            return str(error)
    return next((why for name, why in found.refused if name.startswith(file.name)), None)


# other machines, and the user's own files


def _listing(folder: Path) -> Path:
    from framecast.cluster.run_files import RunFile, RunFiles

    found = RunFiles("/runs/tiny/1", "finished", {"plan.yaml": RunFile(10, "0" * 64)}, {"last": "step-00000003"})
    return _write(folder / "listing.json", json.dumps(asdict(found)))


def _text_of(file: Path) -> str:
    from framecast.bounded import read_text

    try:
        return read_text(file, errors="replace")
    except FileNotFoundError as error:
        _not_there(error)
        raise


def _read_listing(file: Path) -> None:
    from framecast.cluster.file_lines import decode
    from framecast.cluster.run_files import RunFiles

    text = _text_of(file)
    for line in text.splitlines()[:100]:
        decode(line)
    RunFiles.from_json(text)


def _clusters(folder: Path) -> Path:
    return _write(folder / "clusters.yaml", "big: {address: 'http://head:8265', runs: /shared}\n")


def _read_clusters(file: Path) -> None:
    import os

    from framecast.cluster.profiles import cluster_at

    os.environ["FRAMECAST_CLUSTERS"] = str(file)
    cluster_at("big")


READERS = [
    Reader("job", _job, _read_job),
    Reader("plan.yaml", _plan, _read_plan),
    Reader("plan.yaml with its plugins", _plan, _read_plan_with_plugins),
    Reader("search.yaml", _search, _read_search),
    Reader("events.jsonl", _events, _read_run),
    Reader(
        "driver.json",
        _of_run("driver.json", {"host": "h", "process": 1, "seen": 1.0, "started": 2.0}),
        _read_driver,
        True,
    ),
    Reader(
        "environment.json",
        _of_run("environment.json", {"python": "3.11", "packages": {"torch": "2"}}),
        _read_report,
        True,
    ),
    Reader("evaluation-*.json", _of_run("evaluation-validation.json", _evaluation()), _read_report, True),
    Reader("manifest.json", _manifest, _read_manifest, True),
    Reader("remote.json", _of_run("remote.json", _REMOTE), _read_remote, True),
    Reader(
        "last_known.json", _of_run("last_known.json", {"job": "submit-1", "state": "finished"}), _read_run, True
    ),
    Reader(
        "copies.json",
        _of_run("copies.json", {"": {"folder": ".", "state": "finished", "job": "j"}}),
        _read_run,
        True,
    ),
    Reader("exported model", _exported, _read_exported),
    Reader("normalisation", _normalisation, _read_normalisation, True),
    Reader("published checkpoint", _published, _read_published),
    Reader(".npy", _npy, _read_array),
    Reader(".npz", _npz, _read_array),
    Reader(".npy fields", _npy, _read_field),
    Reader(".npz fields", _npz, _read_field),
    Reader("NetCDF 4", _netcdf, _read_field),
    Reader("NetCDF 3", _classic_netcdf, _read_field),
    Reader("Zarr 3 array", _zarr("rain/zarr.json", 3), _read_field, True),
    Reader("Zarr 3 group", _zarr("zarr.json", 3), _read_field, True),
    Reader("Zarr 2 array", _zarr("rain/.zarray", 2), _read_field, True),
    Reader("Zarr 2 attributes", _zarr("rain/.zattrs", 2), _read_field, True),
    Reader("Zarr 3 chunk", _zarr("rain/c/0/0/0", 3), _read_field),
    *(Reader(kind, _film(kind), _read_film) for kind in ("mp4", "avi", "webm", "gif", "apng")),
    *(Reader(f".{kind} image", _image(kind), _read_image) for kind in ("png", "jpg", "bmp", "tiff", "webp")),
    Reader("store index", _store, _read_store, True),
    Reader("store shard", _shard, _read_store),
    Reader("list of videos", _list, _read_list),
    *(Reader(name, _labels(name), _read_labels, True) for name in ("labels.json", "train.json")),
    *(Reader(f"MNIST {name}", _digits(name), _read_digits) for name in ("a.npz", "a.gz", "a.csv", "a-idx3-ubyte")),
    Reader("KTH archive", _zip, _read_kth),
    Reader("KTH sequences", _sequences, _read_kth),
    Reader("a cluster's list of files", _listing, _read_listing, True),
    Reader("clusters.yaml", _clusters, _read_clusters),
]
