"""The README keeps its word: its commands exist, its plugin works, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from framecast.cli.app import main
from framecast.registry.registry import Registry

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"(?:^    .*\n|^\n)+", README, flags=re.M)


def test_its_links_and_picture_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    missing = [target for target in targets if not target.startswith("http") and not (ROOT / target).exists()]
    assert not missing


def test_its_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"^    make (\w+)", README, flags=re.M)
    assert named == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, flags=re.M) for target in named)


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"\bplatform (\w+)", README)) - {"for"}))
def test_its_verbs_exist(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["platform", verb, "--help"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    assert verb in capsys.readouterr().out


@pytest.mark.parametrize("command", re.findall(r"platform submit (jobs/\S+(?: [\w.]+=[\w.]+)*)", README))
def test_its_jobs_resolve(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["platform", "submit", *command.split(), "--dry-run"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0, capsys.readouterr().err


def test_its_plugin_is_found(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if "@framecast.hookimpl" in block]
    file = tmp_path / "my_plugin.py"
    file.write_text(re.sub(r"^    ", "", block, flags=re.M))
    found = Registry.discover([str(file)]).find("model", "my_cell")
    assert found.declaration.summary == "My recurrent cell"
