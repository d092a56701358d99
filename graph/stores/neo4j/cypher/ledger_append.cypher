// row: 0 no, 1 at, 2 actor, 3 kind, 4 about, 5 body, 6 key, 7 part, 8 prior, 9 hash, 10 the number
// before, null for the first of all. `at` is in microseconds, for it is hashed as what it is.
UNWIND $rows AS row
CREATE (e:LedgerEntry {no: row[0], at: row[1], actor: row[2], kind: row[3], about: row[4],
  body: row[5], key: row[6], part: row[7], priorHash: row[8], hash: row[9]})
WITH e, row
MATCH (p:LedgerEntry {no: row[10]})
CREATE (e)-[:FOLLOWS]->(p)
