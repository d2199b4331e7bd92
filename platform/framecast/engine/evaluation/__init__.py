"""Evaluation of a model on a split, and the clips that its report shows."""
