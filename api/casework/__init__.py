"""Casework: what was found, who judged it, and the case files that people keep of it."""
