MATCH (b:Batch) WHERE b.recordedAt <= @time($s, $us)
WITH b ORDER BY b.recordedAt DESC, b.no DESC LIMIT 1
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN b.no, b.id, @micros(b.recordedAt), b.facts, b.retractions, b.lastSeq, b.name, b.settled,
  f.name
