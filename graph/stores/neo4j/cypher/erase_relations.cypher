// What is left of relations that named an erased person. row: 0 seq, 1 payload, 2… fields
UNWIND $rows AS row
MATCH ()-[r:__TYPE__ {seq: row[0]}]->()
SET r.payload = row[1], r.sealed = null__FIELDS__
