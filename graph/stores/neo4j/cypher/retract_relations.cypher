UNWIND $seqs AS seq
MATCH ()-[r:__TYPE__ {seq: seq}]->()
SET r.retractedAt = $at, r.retractedIn = $batch
