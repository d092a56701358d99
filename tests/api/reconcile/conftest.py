"""The service of the matching tests."""

from tests.api.matching.conftest import facts, record, service, url

__all__ = ["facts", "record", "service", "url"]
