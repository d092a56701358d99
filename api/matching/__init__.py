"""Finding who is meant: search, matching of descriptions, reconciliation of tables."""
