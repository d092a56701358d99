// A version of an entry of a list, under its subject.
// row: 0 seq, 1 id, 2 dataset, 3 s, 4 us of validFrom, 5 s, 6 us of validTo, 7 payload, 8 sealed,
// 9 digest, 10 file, 11 record, 12 version, 13 subject, 14 sealedId, 15 first, 16 prior, 17… fields
UNWIND $rows AS row
MATCH (s:Subject {first: row[13]})
CREATE (r:Record:Listing {seq: row[0], first: row[15], id: row[1], dataset: row[2], kind: 'listing',
  validFrom: @time(row[3], row[4]), validTo: @time(row[5], row[6]), recordedAt: $at,
  payload: row[7], sealed: row[8], digest: row[9], batch: $batch, file: row[10], record: row[11],
  version: row[12], sealedId: row[14], prior: row[16]__FIELDS__})
CREATE (r)-[:DESCRIBES {seq: row[0], validFrom: r.validFrom, validTo: r.validTo, recordedAt: $at}]->(s)
