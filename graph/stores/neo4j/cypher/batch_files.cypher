UNWIND $nos AS no
MATCH (b:Batch {no: no})
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN b.no, f.no, b.undone
