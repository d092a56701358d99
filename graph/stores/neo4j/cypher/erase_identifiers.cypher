// Values of what erased versions were identified by; the keyed hash that is its id stays.
UNWIND $seqs AS seq
MATCH (r:Record {seq: seq})-[:DESCRIBES]->(s:Subject)
MATCH (s)-[d:IDENTIFIED_BY {seq: seq}]->(i:Identifier)
SET i.value = '', i.sealed = null
