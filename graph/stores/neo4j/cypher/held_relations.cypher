MATCH (a)-[r:__TYPE__]->(b) USING INDEX SEEK r:__TYPE__(__KEY__)
WHERE __WHERE__
RETURN collect([r.seq, coalesce(r.first, r.seq), '__KIND__', r.dataset, r.id, a.first, b.first,
  a.dataset, a.id, a.sealedId, b.dataset, b.id, b.sealedId,
  @micros(r.validFrom), @micros(r.validTo), r.value, [__SHOWN__], r.payload, r.sealed, r.digest, r.batch,
  r.file, r.record, r.version, r.prior, r.retractedIn, r.sealedId])
