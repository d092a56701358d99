// The graphs of this database, or the one of a name.
CALL db.info() YIELD name AS ours
CALL gds.graph.list() YIELD graphName, database, nodeCount, relationshipCount, memoryUsage,
  sizeInBytes, creationTime, configuration
WHERE database = ours AND graphName = coalesce($name, graphName)
RETURN graphName, nodeCount, relationshipCount, memoryUsage, sizeInBytes,
  @micros(creationTime), configuration.jobId
ORDER BY graphName
