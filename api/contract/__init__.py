"""The service's contract: its OpenAPI document, and the collections made from that."""
