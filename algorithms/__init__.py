"""Snapshot and parameters in, result out: each algorithm is declared once in its own module."""
