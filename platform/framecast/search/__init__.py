"""Searches: a family of runs with a space and objectives, through Ray Tune."""
