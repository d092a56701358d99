// Values of what erased versions were identified by. The keyed hash that is the identifier's id
// stays, behind `erased:`, for others may bear the same number.
UNWIND $seqs AS seq
MATCH (r:Record {seq: seq})-[:DESCRIBES]->(s:Subject)
MATCH (s)-[d:IDENTIFIED_BY {seq: seq}]->(i:Identifier)
WHERE NOT i.id STARTS WITH 'erased:'
WITH s, d, i, properties(d) AS said,
  CASE WHEN i.reason IS NULL THEN 'erased:' + i.id ELSE 'erased:' + seq + ':' + i.kind END AS id
MERGE (e:Identifier {id: id})
ON CREATE SET e.kind = i.kind, e.value = '', e.reason = i.reason
CREATE (s)-[n:IDENTIFIED_BY]->(e)
SET n = said
DELETE d
WITH DISTINCT i
WHERE NOT EXISTS { (i)<-[:IDENTIFIED_BY]-() }
DELETE i
