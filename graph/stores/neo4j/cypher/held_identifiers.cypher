MATCH ()-[r:IDENTIFIED_BY]->(i:Identifier) USING INDEX r:IDENTIFIED_BY(seq)
WHERE __WHERE__
RETURN r.seq, i.kind, i.value, i.sealed, i.reason,
  CASE WHEN i.reason IS NULL THEN i.id END ORDER BY r.seq, i.kind
