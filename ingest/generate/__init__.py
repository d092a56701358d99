"""A seeded world of companies, people, accounts, phones, addresses, invoices and transfers."""

from ingest.generate.stream import Progress, Summary, generate

__all__ = ["Progress", "Summary", "generate"]
