"""Clusters that this machine does not belong to: what is sent there, and how it is followed and stopped."""
