"""Whether a tracking URI can be right."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

import framecast
from framecast_mlflow import MlflowSettings
from framecast_mlflow.tracker import answering, tracking_uri

_CREDENTIALS = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def refuse_store(settings: MlflowSettings) -> None:
    """Asks the store for the experiment. Raises InputError where it refuses, or where it cannot exist: an unknown
    scheme, a host without an address, a database that cannot be opened. A server that does not answer may be
    starting, and is not refused."""
    uri = tracking_uri(settings)
    if uri is None:
        return
    shown = framecast.without_credentials(uri)
    server = _server(uri, shown)
    if server:
        _refuse_to_give_credentials(uri, shown)
    try:
        with answering(uri):
            MlflowClient(uri).get_experiment_by_name(settings.experiment)
    except ConnectionError as error:
        if not server:
            raise framecast.InputError(f"tracking_uri: {error}") from None
    except (MlflowException, OSError, ValueError, ImportError) as error:
        reason = framecast.without_credentials(" ".join(str(error).split()))
        raise framecast.InputError(f"tracking_uri: {shown}: {reason}") from None


def _refuse_to_give_credentials(uri: str, shown: str) -> None:
    """Raises InputError where MLflow would send the credentials of the environment to a server that only the job
    names: jobs and runs come from others, too."""
    given = [name for name in _CREDENTIALS if os.environ.get(name)]
    own = os.environ.get("MLFLOW_TRACKING_URI", "")
    if given and _host(own) != _host(uri):
        raise framecast.InputError(
            f"tracking_uri: {', '.join(given)} would be sent to {shown}, which only the job names: if they are "
            "for it, set MLFLOW_TRACKING_URI to it as well, else unset them"
        )


def _host(uri: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(uri)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:  # handled: no address of a server; it is equal to none
        return "", None, None


def _server(uri: str, shown: str) -> bool:
    """Whether the URI is that of a server. Raises InputError where it has no host, or one without an address."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise framecast.InputError(f"tracking_uri: {shown}: {error}") from None
    if parts.scheme not in ("http", "https"):
        return False
    if not host:
        raise framecast.InputError(f"tracking_uri: {shown} names no host, as http://host:5000 does")
    try:
        socket.getaddrinfo(host, port)
    except OSError as error:
        raise framecast.InputError(
            f"tracking_uri: {shown}: the host {host} has no address ({error}): check its name"
        ) from None
    return True
