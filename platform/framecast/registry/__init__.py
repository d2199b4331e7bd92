"""Plugins: the hooks they implement, the declarations that hooks yield, and how they are found."""
