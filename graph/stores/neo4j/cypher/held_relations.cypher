MATCH (a)-[r:__TYPE__]->(b) USING INDEX r:__TYPE__(__KEY__)
WHERE __WHERE__
RETURN collect([r.seq, r.first, '__KIND__', r.dataset, r.id, a.first, b.first,
  a.dataset, a.id, a.sealedId, b.dataset, b.id, b.sealedId,
  @micros(r.validFrom), @micros(r.validTo), r.value, r.extra, r.payload, r.sealed, r.digest, r.batch,
  r.file, r.record, r.version, r.prior, r.retractedIn, r.sealedId])
