"""Notices: basis, reason and remedy in words, for the party that a measure is to reach."""
