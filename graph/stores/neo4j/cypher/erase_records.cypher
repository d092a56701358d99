// Payloads of versions that were erased, and what their subjects show.
UNWIND $seqs AS seq
MATCH (r:Record {seq: seq})-[:DESCRIBES]->(s:Subject)
SET r.payload = $gone, r.sealed = null, r.name = null,
  s.name = null, s.uscc = null, s.residentId = null, s.account = null, s.e164 = null
