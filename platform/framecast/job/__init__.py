"""The job file: its model, its text with positions, and the plan that it resolves to. Needs no torch."""
