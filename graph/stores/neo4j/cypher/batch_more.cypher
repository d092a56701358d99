// What only a copy asks of a batch.
MATCH (b:Batch {no: $no})
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN b.undoes, b.undone, f.name, f.sha256
