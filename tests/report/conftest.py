"""Runs to report on, trained for real in a moment; and a reader that holds a page to the rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import framecast
from framecast.report.page import write_report
from framecast.runs.run_folder import RunFolder


@pytest.fixture
def train(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> Callable[..., RunFolder]:
    """Trains the tiny job with other settings laid over it."""

    def trained(**sections: Any) -> RunFolder:
        return RunFolder(framecast.run(tiny_job(**sections), runs=runs, in_process=True).folder)

    return trained


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of two epochs that every test may look at and none may change."""
    job = {
        "name": "tiny",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 3},
        "model": {"name": "conv_lstm", "layers_per_block": [1], "hidden_channels": [2], "kernel_size": 3},
        "data": {
            "name": "moving_mnist",
            "size": 16,
            "digit_size": 7,
            "train_clips": 24,
            "validation_clips": 5,
        },
        "metrics": ["mse", "ssim"],
        "training": {"epochs": 2, "batch_size": 4, "strategy": "torch"},
        "compute": {"cpus_per_worker": 1},
    }
    return RunFolder(framecast.run(job, runs=tmp_path_factory.mktemp("runs"), in_process=True).folder)


class Page(HTMLParser):
    """A page read strictly: every element is closed in order, nothing is fetched, every chart is XML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.headings: list[str] = []
        self.cells: list[str] = []
        self.feed(text)
        assert not self.open
        assert all(address.startswith(("data:", "#")) for address in self.addresses)
        assert not re.search(r"url\(|@import|<script|<link", text)
        self.charts = [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "h2":
            self.headings.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.cells[-1] += data
        if "h2" in self.open:
            self.headings[-1] += data


@pytest.fixture
def read() -> Callable[[str], Page]:
    """Reads a page strictly."""
    return Page


@pytest.fixture
def report() -> Callable[[RunFolder], Page]:
    """Writes a run's report.html and reads it."""

    def written(run: RunFolder) -> Page:
        write_report(run)
        return Page(run.report.read_text())

    return written
