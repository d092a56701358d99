// As erase_subject_id, of a relation: all its versions run between the same subjects, or not.
UNWIND $rows AS row
MATCH ()-[f:__TYPE__ {seq: row[0]}]->()
MATCH ()-[r:__TYPE__ {id: f.id}]->()
WHERE r.dataset = f.dataset AND coalesce(r.first, r.seq) = row[0]
SET r.id = row[1], r.sealedId = null
RETURN r.dataset
