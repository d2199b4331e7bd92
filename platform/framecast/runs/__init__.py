"""Runs: the run folder (this package alone knows its layout) and a run's events as plain data."""
