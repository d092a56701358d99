UNWIND $canonicals AS canonical
MATCH (k:Identifier {id: canonical})<-[i:IDENTIFIED_BY]-(s:Subject) USING INDEX SEEK k:Identifier(id)
WHERE s.current = i.seq
RETURN collect([s.id, s.dataset, s.first, s.current, s.kind, s.sealedId])
