MATCH (r:Record)-[:DESCRIBES]->(s:Subject) USING INDEX SEEK r:Record(seq)
WHERE r.seq > $low AND r.seq <= $high AND r:Listing
RETURN collect(r.seq), collect(r.first), collect(s.first), collect(coalesce(@micros(r.validFrom), $neg)),
  collect(coalesce(@micros(r.validTo), $inf)), collect(r.batch), collect(r.dataset), collect(r.id),
  collect(r.payload), collect(coalesce(r.sealed, '')), collect(coalesce(r.sealedId, ''))
