UNWIND $nos AS no
MATCH (b:Batch {no: no})
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN b.no, b.id, @micros(b.recordedAt), b.facts, b.retractions, b.lastSeq, b.name, b.settled,
  f.name ORDER BY b.no
