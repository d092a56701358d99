// A version of a relation; `first` is left out where it is the first, see `fields` for its payload.
// row: 0 seq, 1 id, 2 dataset, 3 s, 4 us of validFrom, 5 s, 6 us of validTo, 7 payload, 8 sealed,
// 9 digest, 10 file, 11 record, 12 version, 13 from, 14 to, 15 value, 16 first, 17 prior,
// 18 sealedId, 19… fields
UNWIND $rows AS row
MATCH (a:Subject {first: row[13]})
MATCH (b:Subject {first: row[14]})
CREATE (a)-[:__TYPE__ {seq: row[0], first: row[16], id: row[1], dataset: row[2],
  validFrom: @time(row[3], row[4]), validTo: @time(row[5], row[6]), recordedAt: $at,
  payload: row[7], sealed: row[8], digest: row[9], batch: $batch, file: row[10], record: row[11],
  version: row[12], value: row[15], prior: row[17], sealedId: row[18]__FIELDS__}]->(b)
