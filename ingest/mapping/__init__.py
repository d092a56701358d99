"""Mappings: YAML that says which facts the rows of a table give.

`load_mapping` loads one, `choose` finds the shipped one that fits a file, `draft` writes one from a
file's header.
"""

from __future__ import annotations

from ingest.mapping.draft import choose, draft
from ingest.mapping.load import load_mapping, parse_mapping, shipped
from ingest.mapping.model import Mapping

__all__ = ["Mapping", "choose", "draft", "load_mapping", "parse_mapping", "shipped"]
