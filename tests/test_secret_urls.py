"""URLs with credentials: what files of a run hold of them, and where processes find the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from framecast.errors import InputError, without_credentials
from framecast.job.document import Document
from framecast.job.load import read_plan
from framecast.job.plan import Plan
from framecast.job.readiness import ensure_ready
from framecast.secret_urls import completed, kept_aside, lacks_credentials, set_aside


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = set(os.environ)
    yield
    for name in set(os.environ) - before:
        del os.environ[name]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:word@host:5000/x", "http://***@host:5000/x"),
        ("http://token@host", "http://***@host"),
        ("postgresql://user:w@rd@host/db", "postgresql://***@host/db"),
        ("postgresql://user:wo/rd@host/db", "postgresql://***@host/db"),
        ("mysql+pymysql://user:wo#rd@host/db", "mysql+pymysql://***@host/db"),
        ("http://[::1]:5000/x", "http://[::1]:5000/x"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("https://host/x?access_token=abc&n=1", "https://host/x?access_token=***&n=1"),
        ("https://host/x?X-Amz-Signature=abc", "https://host/x?X-Amz-Signature=***"),
        ("https://host/x?sig=a%2Bb&se=2027", "https://host/x?sig=***&se=2027"),
        ("https://host/x#access_token=abc", "https://host/x#access_token=***"),
        ("https://host/x?pwd=abc", "https://host/x?pwd=***"),
        ("two http://a:b@c and http://d:e@f", "two http://***@c and http://***@f"),
        ("me@host.org, no URL; token=abc", "me@host.org, no URL; token=abc"),
        ("http://***@host", "http://***@host"),
    ],
)
def test_credentials_are_left_out_and_nothing_else(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
    assert without_credentials(shown) == shown


def test_this_process_and_those_it_starts_find_them_again() -> None:
    whole = {"callbacks": [{"tracking_uri": "http://user:word@host/"}], "n": 1, "note": "a http://x:y@z b"}
    written = set_aside(whole)
    assert written == {"callbacks": [{"tracking_uri": "http://***@host/"}], "n": 1, "note": "a http://***@z b"}
    assert "http://user:word@host/" in kept_aside().values()
    assert completed(written)["callbacks"] == whole["callbacks"]


def test_a_later_command_takes_them_from_a_variable_that_holds_the_same_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert completed("http://***@host/") == "http://***@host/"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:word@host/")
    assert completed("http://***@host/") == "http://user:word@host/"
    assert completed("http://***@evil.example.org/") == "http://***@evil.example.org/"


def test_a_plan_is_written_without_and_read_with_them(tiny_plan: Callable[..., Plan], tmp_path: Path) -> None:
    uri = "http://user:word@127.0.0.1:9/"
    plan = tiny_plan(callbacks=[{"name": "mlflow", "tracking_uri": uri}])
    (tmp_path / "plan.yaml").write_text(plan.to_yaml())
    assert "word" not in (tmp_path / "plan.yaml").read_text()
    assert read_plan(tmp_path / "plan.yaml").callbacks[0].settings == plan.callbacks[0].settings
    for name in kept_aside():
        del os.environ[name]
    elsewhere = read_plan(tmp_path / "plan.yaml")
    with pytest.raises(InputError, match=r"credentials of http://\*\*\*@127\.0\.0\.1:9/ are kept in no file"):
        ensure_ready(elsewhere)


def test_a_job_is_sent_on_without_them() -> None:
    document = Document.from_data(
        {"name": "x", "callbacks": [{"name": "mlflow", "tracking_uri": "http://u:word@h"}]}
    )
    assert "word" not in document.to_yaml()
    assert lacks_credentials(Document.from_data({"a": "http://***@h"}).get("a"))
