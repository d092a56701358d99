MATCH (r:Record)-[:DESCRIBES]->(s:Subject) USING INDEX SEEK r:Record(seq)
WHERE __WHERE__
MATCH (s)-[d:IDENTIFIED_BY {seq: r.seq}]->(i:Identifier)
RETURN r.seq, i.kind, i.value, i.sealed, i.reason,
  CASE WHEN i.reason IS NOT NULL THEN null WHEN i.id STARTS WITH 'erased:' THEN substring(i.id, 7)
    ELSE i.id END ORDER BY r.seq, i.kind
