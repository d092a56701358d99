"""Monitoring: what became of risk clusters and cases with each load, and what of it is new risk."""
