"""How processes come to be: Ray Train, or just this one. Runs any one-process function on n workers."""
