UNWIND $names AS name
MATCH (r:Listing {id: name}) USING INDEX SEEK r:Listing(id)
RETURN collect([r.id, r.dataset, r.first, r.seq, r.retractedIn, r.sealedId])
