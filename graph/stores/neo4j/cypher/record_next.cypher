// A later version. row: as in record_first without keys, 16 first, 17 prior
UNWIND $rows AS row
MATCH (s:Subject {first: row[16]})
CREATE (r:Record {seq: row[0], first: row[16], id: row[1], dataset: row[2], kind: $kind,
  validFrom: @time(row[3], row[4]), validTo: @time(row[5], row[6]), recordedAt: $at,
  payload: row[7], sealed: row[8], digest: row[9], batch: $batch, file: row[10], record: row[11],
  version: row[12], canonical: row[13], name: row[14], sealedId: row[15], prior: row[17]})
CREATE (r)-[:DESCRIBES {seq: row[0], validFrom: r.validFrom, validTo: r.validTo, recordedAt: $at}]->(s)
