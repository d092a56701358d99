// Between which ids each kind of a dataset lies: a look-up leaves out where a name cannot be.
UNWIND $rows AS row
MATCH (d:Dataset {no: row[0]})
SET d.kinds = row[1], d.least = row[2], d.most = row[3]
