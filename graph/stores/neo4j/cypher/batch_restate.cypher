// What a copy says of batches that have changed since they were copied.
UNWIND $rows AS row
MATCH (b:Batch {no: row[0]})
SET b.id = row[1], b.settled = row[2], b.undone = row[3]
