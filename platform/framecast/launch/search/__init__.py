"""Runs searches: trials through Ray Tune, each an ordinary run."""
