"""Proofs of whom a measure reaches: what they are made of, and a checker that stands alone."""
