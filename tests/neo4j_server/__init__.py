"""A real Neo4j for the tests, started on this machine from the jars of Maven Central.

`python -m tests.neo4j_server --port 7687 --home DIR` runs one in the foreground.
"""
