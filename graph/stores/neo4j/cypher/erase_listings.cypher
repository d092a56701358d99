// As erase_relations, of listings.
UNWIND $rows AS row
MATCH (r:Record {seq: row[0]})
SET r.payload = row[1], r.sealed = null__FIELDS__
