"""What came of a run: scores, predictions and exports from a checkpoint. Knows no ray."""
