UNWIND $names AS name
MATCH (s:Subject {id: name}) USING INDEX SEEK s:Subject(id)
RETURN collect([s.id, s.dataset, s.first, s.current, s.kind, s.sealedId])
