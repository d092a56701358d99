// What versions of records are identified by. row: 0 seq, 1 first, 2 the identifier's id, 3 kind,
// 4 value as shown, 5 sealed, 6 reason where it identifies nobody, 7 s, 8 us, 9 s, 10 us
UNWIND $rows AS row
MATCH (s:Subject {first: row[1]})
MERGE (i:Identifier {id: row[2]})
ON CREATE SET i.kind = row[3], i.value = row[4], i.sealed = row[5], i.reason = row[6]
CREATE (s)-[:IDENTIFIED_BY {seq: row[0], validFrom: @time(row[7], row[8]),
  validTo: @time(row[9], row[10]), recordedAt: $at}]->(i)
