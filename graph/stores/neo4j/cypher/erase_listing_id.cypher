// As erase_subject_id, of a listing. Two clauses: within one the way back would not be taken, and a
// listing of one version would keep its id.
UNWIND $rows AS row
MATCH (f:Record {seq: row[0]})-[:DESCRIBES]->(s:Subject)
MATCH (s)<-[:DESCRIBES]-(r:Listing {first: row[0]})
SET r.id = row[1], r.sealedId = null
RETURN r.dataset
