"""The pages in a real browser: nothing sticks out at the width of a phone, a tablet or a desk, light or dark."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framecast.report.comparison_page import write_comparison
from framecast.report.page import write_report
from framecast.runs.run_folder import RunFolder

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="no Chromium here")

_LOOKING = """<!doctype html>
<body style="margin: 0" data-found="">
<iframe srcdoc="{page}" style="border: 0; width: {width}px; height: {height}px"></iframe>
<script>
addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument;
  for (const hidden of page.querySelectorAll("details")) hidden.open = true;
  const inside = [...page.querySelectorAll("h1, h2, p, dl, .scroll, figure, svg text")];
  const right = Math.max(...inside.map(each => each.getBoundingClientRect().right));
  document.body.dataset.found = [page.documentElement.scrollWidth, Math.ceil(right)].join(" ");
}});
</script>
"""


@pytest.fixture(scope="module", params=["report", "comparison"])
def page(request: pytest.FixtureRequest, finished: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pages") / "page.html"
    if request.param == "report":
        write_report(finished, file)
        return file
    other = RunFolder(file.parent / "tiny" / "another")
    shutil.copytree(finished.path, other.path, symlinks=True)
    write_comparison([finished, other], file)
    return file


def browse(page: Path, width: int, *options: str, height: int = 1200) -> str:
    """Shows the page in a frame of `width` pixels, as a window cannot be that narrow; returns what came of it."""
    assert _CHROMIUM
    looking = page.with_name(f"looking-{width}.html")
    escaped = page.read_text().replace("&", "&amp;").replace('"', "&quot;")
    looking.write_text(_LOOKING.format(page=escaped, width=width, height=height))
    fixed = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    fixed += (
        f" --disable-component-update --disable-sync --hide-scrollbars --window-size={max(width, 520)},{height}"
    )
    profile = f"--user-data-dir={page.with_name('profile')}"
    command = [_CHROMIUM, *fixed.split(), profile, *options, looking.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("width", [360, 820, 1400])
def test_nothing_sticks_out(page: Path, width: int) -> None:
    found = re.search(r'data-found="(\d+) (\d+)"', browse(page, width, "--dump-dom"))
    assert found, "the browser did not load the page"
    assert int(found[1]) <= width
    assert int(found[2]) <= width


@pytest.mark.parametrize(("scheme", "is_light"), [("0", False), ("1", True)], ids=["dark", "light"])
def test_the_page_follows_light_and_dark_and_can_be_read(page: Path, scheme: str, is_light: bool) -> None:
    picture = page.with_name(f"shot-{scheme}.png")
    browse(page, 820, f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}")
    brightness = np.asarray(Image.open(picture).convert("L")).astype(int)[:, :820]
    paper = int(np.median(brightness))
    assert (paper > 230) is is_light
    assert (paper < 40) is not is_light
    assert (abs(brightness - paper) > 150).mean() > 0.005  # there is ink, and it stands out
