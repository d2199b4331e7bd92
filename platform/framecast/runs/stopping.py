"""Requests to stop a run or a search, sent from any process that sees its folder or its URL."""

from __future__ import annotations

from framecast.runs import layout
from framecast.runs.job_folder import JobFolder
from framecast.runs.mirror import Mirror
from framecast.runs.stop_request import StopRequest


def request_stop(folder: JobFolder, request: StopRequest) -> None:
    """Asks a run to write a checkpoint and stop at its next step."""
    folder.note_stop(request)
    send_stop(folder, request)


def send_stop(folder: JobFolder, request: StopRequest) -> None:
    """The part of it that uses the network: processes on other hosts look for the request at the run's URL."""
    if mirror := Mirror.of(folder.path):
        mirror.store.write(layout.STOP, [request.to_text().encode()])


def clear_stop(folder: JobFolder) -> None:
    """Removes such a request, here and at the run's URL."""
    folder.clear_stop()
    if mirror := Mirror.of(folder.path):
        mirror.store.delete(layout.STOP)
