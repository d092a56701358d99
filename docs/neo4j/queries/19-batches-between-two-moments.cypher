// 两个时刻之间的批次 · Batches between two moments
:param since => '2024-02-01T00:00:00+08:00';
:param upto => '2024-12-31T00:00:00+08:00';
MATCH (b:Batch)
WHERE datetime($since) < b.recordedAt AND b.recordedAt <= datetime($upto)
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN b.no AS batch, b.id AS name, b.recordedAt AS recorded, b.facts AS facts,
  b.retractions AS retractions, f.name AS file, b.undoes AS undoes, b.undone AS undone
ORDER BY batch LIMIT 500
