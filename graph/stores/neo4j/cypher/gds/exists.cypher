CALL gds.graph.exists($name) YIELD exists
RETURN exists
