UNWIND $seqs AS seq
MATCH (r:Record {seq: seq})-[d:DESCRIBES]->(s:Subject)
SET r.retractedAt = $at, r.retractedIn = $batch, d.retractedAt = $at
WITH s, seq
MATCH (s)-[i:IDENTIFIED_BY {seq: seq}]->()
SET i.retractedAt = $at
