"""What the `build` of each kind of declaration returns: typed protocols, and base classes with defaults."""
