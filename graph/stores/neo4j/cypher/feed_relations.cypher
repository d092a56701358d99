MATCH (a)-[r:__TYPE__]->(b) USING INDEX r:__TYPE__(seq)
WHERE r.seq > $low AND r.seq <= $high
RETURN collect(r.seq), collect(r.first), collect(a.first), collect(b.first),
  collect(coalesce(@micros(r.validFrom), $neg)), collect(coalesce(@micros(r.validTo), $inf)),
  collect(coalesce(r.value, $neg)), collect(r.batch), collect(r.dataset), collect(r.id),
  collect(coalesce(r.extra, '')), collect(coalesce(r.sealed, '')), collect(coalesce(r.sealedId, ''))
