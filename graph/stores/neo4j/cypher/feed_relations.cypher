// All properties at once: an absent one costs a walk through all that are there. What only few
// relations have comes apart, as [seq, first, payload, sealed, sealedId].
MATCH (a)-[r:__TYPE__]->(b) USING INDEX SEEK r:__TYPE__(seq)
WHERE r.seq > $low AND r.seq <= $high
WITH properties(r) AS p, a.first AS a, b.first AS b
RETURN collect(p.seq), collect(a), collect(b), collect(coalesce(@micros(p.validFrom), $neg)),
  collect(coalesce(@micros(p.validTo), $inf)), collect(coalesce(p.value, $neg)), collect(p.batch),
  collect(p.dataset), collect(p.id),
  collect(CASE WHEN p.first IS NULL AND p.payload IS NULL AND p.sealed IS NULL
    AND p.sealedId IS NULL THEN null ELSE [p.seq, p.first, p.payload, p.sealed, p.sealedId] END)
  __CARRIED__
