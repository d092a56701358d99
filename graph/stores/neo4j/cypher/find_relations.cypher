UNWIND $names AS name
MATCH ()-[r:__TYPE__ {id: name}]->() USING INDEX r:__TYPE__(id)
RETURN collect([r.id, r.dataset, r.first, r.seq, r.retractedIn, r.sealedId])
