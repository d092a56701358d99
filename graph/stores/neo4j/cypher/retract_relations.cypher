UNWIND $seqs AS seq
MATCH ()-[r:__TYPE__ {seq: seq}]->() USING INDEX SEEK r:__TYPE__(seq)
SET r.retractedAt = $at, r.retractedIn = $batch
