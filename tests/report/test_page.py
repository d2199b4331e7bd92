"""report.html: whole, self-contained, and made from the folder alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.report.page import write_report
from framecast.runs.folder import RunFolder


@pytest.fixture
def finished(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> Callable[..., RunFolder]:
    def train(**sections: Any) -> RunFolder:
        return RunFolder(framecast.run(tiny_job(**sections), runs=runs, in_process=True).folder)

    return train


class Strict(HTMLParser):
    """Checks that every element is closed in order, and collects what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_fetches_nothing(finished: Callable[..., RunFolder]) -> None:
    run = finished()
    write_report(run)
    page = Strict()
    page.feed(run.report.read_text())
    assert not page.open
    assert all(address.startswith(("data:", "#")) for address in page.addresses)


def test_the_page_shows_scores_curves_and_pictures(finished: Callable[..., RunFolder]) -> None:
    run = finished()
    write_report(run)
    text = run.report.read_text()
    for expected in ("last frame", "black", "Truth above, prediction below", "validation/mse", "frames_in: 2"):
        assert expected in text
    assert len(re.findall("data:image/gif", text)) == 1
    assert len(re.findall("data:image/png", text)) == 3
    assert text.count("<svg") == 4  # losses, main metric, and each of two metrics over the frames


def test_the_page_needs_the_folder_only(finished: Callable[..., RunFolder], tmp_path: Path) -> None:
    run = finished()
    elsewhere = RunFolder(tmp_path / "copied" / "tiny" / run.id)
    shutil.copytree(run.path, elsewhere.path, symlinks=True)
    shutil.rmtree(run.path)
    write_report(elsewhere)
    assert "data:image/gif" in elsewhere.report.read_text()


def test_fewer_clips_than_strips_and_a_model_without_parameters_are_shown_too(
    finished: Callable[..., RunFolder],
) -> None:
    for sections in ({"data": {"validation_clips": 1}}, {"model": "last_frame"}):
        run = finished(**sections)
        write_report(run)
        assert "Scores" in run.report.read_text()


def test_a_run_that_never_took_a_step_has_a_report(finished: Callable[..., RunFolder]) -> None:
    run = finished(data={"train_clips": 3})
    write_report(run)
    assert "no batch is full" in run.report.read_text()


def test_what_the_user_wrote_is_shown_and_not_run(finished: Callable[..., RunFolder]) -> None:
    run = finished(training={"epochs": 1})
    run.job.write_text("name: <script>alert(1)</script>\n")
    write_report(run)
    assert "<script>" not in run.report.read_text()
