UNWIND $canonicals AS canonical
UNWIND [canonical, 'erased:' + canonical] AS id
MATCH (k:Identifier {id: id})<-[i:IDENTIFIED_BY]-(s:Subject) USING INDEX SEEK k:Identifier(id)
WHERE s.current = i.seq
RETURN collect([s.id, s.dataset, s.first, s.current, s.kind, s.sealedId])
