// The first version of a record of an entity, with the subject that it describes.
// row: 0 seq, 1 id, 2 dataset, 3 s, 4 us of validFrom, 5 s, 6 us of validTo, 7 payload, 8 sealed,
// 9 digest, 10 file, 11 record, 12 version, 13 canonical, 14 name, 15 sealedId, 16… keys
UNWIND $rows AS row
CREATE (s:Subject:__LABEL__ {first: row[0], id: row[1], dataset: row[2], kind: $kind,
  current: row[0], canonical: row[13], name: row[14], sealedId: row[15]__KEYS__})
CREATE (r:Record {seq: row[0], first: row[0], id: row[1], dataset: row[2], kind: $kind,
  validFrom: @time(row[3], row[4]), validTo: @time(row[5], row[6]), recordedAt: $at,
  payload: row[7], sealed: row[8], digest: row[9], batch: $batch, file: row[10], record: row[11],
  version: row[12], canonical: row[13], name: row[14], sealedId: row[15]})
CREATE (r)-[:DESCRIBES {seq: row[0], validFrom: r.validFrom, validTo: r.validTo, recordedAt: $at}]->(s)
