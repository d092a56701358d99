"""The Neo4j store: the same facts as nodes and relationships, by the official driver."""
