MATCH (r:Record) USING INDEX SEEK r:Record(seq)
WHERE r.seq > $low AND r.seq <= $high AND NOT r:Listing
WITH properties(r) AS p
RETURN collect(p.seq), collect(p.first), collect(p.kind), collect(coalesce(@micros(p.validFrom), $neg)),
  collect(coalesce(@micros(p.validTo), $inf)), collect(p.batch), collect(p.dataset), collect(p.id),
  collect(p.payload), collect(coalesce(p.canonical, '')), collect(coalesce(p.sealed, '')),
  collect(coalesce(p.sealedId, ''))
