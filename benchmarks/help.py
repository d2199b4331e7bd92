"""Seconds that `python -m framecast --help` takes, against a Python that does nothing. Target: under 1 s."""

from __future__ import annotations

from measure import compared, run


def main() -> None:
    compared("--help", "s", lambda: run(["-m", "framecast", "--help"])[0], lambda: run(["-c", "pass"])[0], pairs=9)


if __name__ == "__main__":
    main()
