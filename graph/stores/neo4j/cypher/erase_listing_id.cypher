// As erase_subject_id, of a listing.
UNWIND $rows AS row
MATCH (f:Record {seq: row[0]})-[:DESCRIBES]->(s:Subject)<-[:DESCRIBES]-(r:Listing {first: row[0]})
SET r.id = row[1], r.sealedId = null
RETURN r.dataset
