"""Training state: gathered from and loaded into any strategy, written to and read from a run's folder."""
