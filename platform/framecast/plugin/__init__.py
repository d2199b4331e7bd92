"""The contract of a plugin: declarations, what they build, settings, events and hooks."""
