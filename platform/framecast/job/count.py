"""Whole numbers in a job."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MOST = 2**31 - 1
Count = Annotated[int, Field(ge=1, le=MOST)]
