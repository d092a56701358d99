UNWIND $names AS name
MATCH (r:Listing {id: name})
RETURN collect([r.id, r.dataset, r.first, r.seq, r.retractedIn, r.sealedId])
