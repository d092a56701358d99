MATCH (b:Batch {id: $id}) USING INDEX SEEK b:Batch(id)
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN b.no, b.id, @micros(b.recordedAt), b.facts, b.retractions, b.lastSeq, b.name, b.settled,
  f.name, b.attempt
