"""Findings: what a detector found, how unlikely it is by chance, and what else could explain it."""
