"""People and companies as several registers write them, with the errors that registers have, and
the truth of who is who: what identity resolution is measured on."""

from ingest.generate.identities.write import DATASETS, Corpus, identities

__all__ = ["DATASETS", "Corpus", "identities"]
