"""Decisions: from a proposal to its end, each step an entry of the ledger; nothing else is kept."""
