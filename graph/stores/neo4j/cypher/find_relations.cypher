UNWIND $names AS name
MATCH ()-[r:__TYPE__ {id: name}]->() USING INDEX SEEK r:__TYPE__(id)
RETURN collect([r.id, r.dataset, coalesce(r.first, r.seq), r.seq, r.retractedIn, r.sealedId])
