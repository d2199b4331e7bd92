"""Which address a command takes from its command line, and which only from a file."""

from __future__ import annotations

from collections.abc import Iterable

from framecast.cluster.profiles import UnconfirmedAddressError, ensure_confirmed
from framecast.confirmed_addresses import confirm
from framecast.job.document import Document

_KEY = ("compute", "address")
_NOWHERE = ("auto", "local")
"""Addresses without a host: they mean a Ray on this machine."""


def validate_address(document: Document, option: str | None = None) -> None:
    """Notes the address that the command line names: `option` is that of --address. Raises InputError, with the
    place, where only the job's file names one."""
    if option is not None:
        confirm_choice(option)
        return
    address = document.get(".".join(_KEY))
    if not isinstance(address, str) or address in _NOWHERE:
        return
    if document.is_from_command_line(_KEY):
        confirm_choice(address)
        return
    try:
        ensure_confirmed(address, "this file")
    except UnconfirmedAddressError as error:
        raise UnconfirmedAddressError(document.problem(_KEY, error.problems[0].message)) from None


def confirm_overrides(overrides: Iterable[str]) -> None:
    """Notes the address that settings on the command line name."""
    given = Document.from_data({})
    given.override([each for each in overrides if each.partition("=")[0].strip() in ("compute", ".".join(_KEY))])
    address = given.get(".".join(_KEY))
    if isinstance(address, str):
        confirm_choice(address)


def confirm_choice(address: str) -> None:
    """Notes an address that the user has named; names from the list of clusters need no note."""
    if ":" in address:
        confirm(address)
