"""Logs of a run read as one, while they grow."""

from __future__ import annotations

from pathlib import Path

from framecast.runs.logs import lines_of_all
from framecast.runs.tail import lines_of


def test_every_line_comes_once_with_its_log_also_of_logs_that_appear_later(tmp_path: Path) -> None:
    (tmp_path / "driver.log").write_text("one\ntw")
    rounds = []

    def ended() -> bool:
        rounds.append(None)
        if len(rounds) == 2:
            with open(tmp_path / "driver.log", "a") as log:
                log.write("o\nthree")
            (tmp_path / "worker-0.log").write_text("hello\n")
        return len(rounds) == 3

    def logs() -> dict[str, Path]:
        return {file.stem: file for file in tmp_path.glob("*.log")}

    assert list(lines_of_all(logs, ended)) == [
        ("driver", "one"),
        ("driver", "two"),
        ("worker-0", "hello"),
        ("driver", "three"),
    ]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "late.log"
    rounds = []

    def ended() -> bool:
        rounds.append(None)
        if len(rounds) == 2:
            file.write_text("a\nb")
        return len(rounds) == 3

    assert list(lines_of(file, ended, seconds=0)) == ["a", "b"]
