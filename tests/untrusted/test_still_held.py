"""What never worked, and never shall: pickles, names that lead out of an archive, HTML in names."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.untrusted.attempt import Attempt
from tests.untrusted.readers import JOB, reader_named

Try = Callable[..., Attempt]


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.file),)


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def _array(content: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([content], object), allow_pickle=True)
    return file.getvalue()


def _archive(content: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, digits=np.array([content], object), frames=np.array([content], object))
    return file.getvalue()


PICKLES: dict[str, Callable[[object], bytes]] = {
    "plain": lambda content: pickle.dumps(content, 2),
    "in a state dict": lambda content: pickle.dumps({"model_state_dict": content}, 2),
    "as torch writes": lambda content: _zipped(pickle.dumps({"a": content}, 2)),
    "in an array": _array,
    "in an archive of arrays": _archive,
}


@pytest.mark.untrusted
@pytest.mark.parametrize("how", PICKLES)
@pytest.mark.parametrize(
    "reader", [".npy", ".npz", ".npy fields", "published checkpoint", "MNIST a.npz", "exported model"]
)
def test_nothing_is_unpickled(reader: str, how: str, tmp_path: Path, attempt_to_read: Try) -> None:
    suffixes = {
        "published checkpoint": ".pt",
        "exported model": ".safetensors",
        ".npy fields": ".npy",
        ".npy": ".npy",
    }
    suffix = suffixes.get(reader, ".npz")
    mark = tmp_path / "unpickled"
    file = tmp_path / f"a{suffix}"
    file.write_bytes(PICKLES[how](Touch(mark)))
    found = attempt_to_read(reader_named(reader), file)
    assert found.outcome == "sentence", found.text
    assert not mark.exists()


NAMES = ["../../x", "/abs/x", "C:\\x\\x", "..\\..\\x", "a/../../x", "\x1b]0;t\x07/x", "a\0b"]


def test_names_in_an_archive_lead_nowhere(tmp_path: Path, attempt_to_read: Try) -> None:
    reader_named("KTH archive").made(tmp_path)
    film = next((tmp_path / "films").iterdir()).read_bytes()
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for number, name in enumerate(NAMES, start=2):
            archive.writestr(f"{name[:-1]}person{number:02d}_boxing_d1_uncomp.avi", film)
        link = zipfile.ZipInfo("person20_boxing_d1_uncomp.avi")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    before = sorted(tmp_path.rglob("*"))
    found = attempt_to_read(reader_named("KTH archive"), tmp_path / "more.zip")
    assert not found.is_wrong, found.text
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["../../elsewhere", "/etc", "a/../../b", "..", "\0", "x" * 300])
def test_a_name_of_a_job_stays_within_the_folder_of_runs(name: str, tmp_path: Path, attempt_to_read: Try) -> None:
    (tmp_path / "job.yaml").write_text(JOB.replace("name: tiny", f"name: {json.dumps(name)}"))
    found = attempt_to_read(reader_named("job"), tmp_path / "job.yaml")
    assert found.outcome == "sentence", found.text


HOSTILE = "<script>document.title='x'</script>"


@pytest.mark.untrusted
def test_html_in_every_text_of_a_run_is_shown_as_text(tmp_path: Path) -> None:
    """Wherever a file of the folder may hold a text, the page has it escaped."""
    from framecast.plugin import events
    from framecast.report.page import write_report
    from framecast.runs.run_folder import RunFolder

    file = reader_named("evaluation-*.json").made(tmp_path)
    content = json.loads(file.read_text())
    content["split"] = content["date"] = content["task"] = HOSTILE
    content["protocols"], content["units"] = {"mse": HOSTILE, HOSTILE: HOSTILE}, {"mse": HOSTILE}
    content["intervals"] |= {"over": HOSTILE, "reason": HOSTILE}
    for row in content["rows"]:
        row["label"], row["model"] = HOSTILE, HOSTILE
        row["metrics"][HOSTILE] = {"value": 1.0}
        row["per_frame"][HOSTILE] = [1.0, 2.0, 3.0]
    file.write_text(json.dumps(content))
    run = RunFolder(file.parent)
    (run.path / "environment.json").write_text(
        json.dumps({"python": HOSTILE, "cpu": HOSTILE, "platform": HOSTILE, "packages": {HOSTILE: HOSTILE}})
    )
    run.job.write_text(f"# {HOSTILE}\n" + run.job.read_text() if run.job.exists() else f"# {HOSTILE}\n")
    scores = {f"validation/{HOSTILE}": 1.0, "validation/mse": 2.0, "validation/loss": 2.0}
    for event in (
        events.DatasetLoaded(HOSTILE, 4, 2, 1, [HOSTILE], [HOSTILE], [HOSTILE]),
        events.Evaluated(3, 1, "model", "validation", scores, {HOSTILE: [1.0, 2.0]}, 4, 0.1),
        events.Evaluated(3, 1, HOSTILE, "validation", scores, {HOSTILE: [1.0, 2.0]}, 4, 0.1),
        events.Warned(3, HOSTILE),
        events.RunFailed(3, HOSTILE),
    ):
        run.journal.append(event)
    write_report(run)
    page = run.report.read_text()
    assert "&lt;script&gt;" in page
    assert HOSTILE not in page
    assert "<script>document" not in page
