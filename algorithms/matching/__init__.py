"""Matching a description of a person or company with the subjects of a store."""
