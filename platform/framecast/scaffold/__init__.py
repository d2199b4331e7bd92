"""Beginnings of plugins: small ones that work, for their authors to change."""
