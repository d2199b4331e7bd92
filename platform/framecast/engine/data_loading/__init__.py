"""Batches of clips, in an order that does not depend on the number of workers."""
