UNWIND $seqs AS seq
MATCH ()-[r:__TYPE__ {seq: seq}]->() USING INDEX SEEK r:__TYPE__(seq)
MATCH (b:Batch {no: r.batch})
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN collect([seq, r.digest, r.batch, r.version, f.no, r.prior, b.undone])
