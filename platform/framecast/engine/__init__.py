"""How one process trains: the loop and its parts. Knows torch and DeepSpeed, and nothing of Ray."""
