// A record gets another id: its subject and all its versions. row: 0 first, 1 id
UNWIND $rows AS row
MATCH (s:Subject {first: row[0]})<-[:DESCRIBES]-(r:Record)
WHERE NOT r:Listing
SET s.id = row[1], s.sealedId = null, r.id = row[1], r.sealedId = null
RETURN s.dataset
