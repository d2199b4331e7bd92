"""`platform doctor`: whether a machine, or every node of a cluster, has what training needs."""
