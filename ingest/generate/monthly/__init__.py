"""Monthly loads of a register in which planted risk clusters come, change and go."""

from ingest.generate.monthly.write import Loads, monthly

__all__ = ["Loads", "monthly"]
