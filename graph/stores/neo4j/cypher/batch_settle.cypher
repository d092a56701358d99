UNWIND $ids AS id
MATCH (b:Batch {id: id})
SET b.settled = true
