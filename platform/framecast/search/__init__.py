"""Searches: spaces, proposals, trials and results. `launch/search` runs them."""
