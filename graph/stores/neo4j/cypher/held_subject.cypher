MATCH (s:Subject {id: $id, dataset: $dataset})<-[:DESCRIBES]-(r:Record) USING INDEX SEEK s:Subject(id)
WHERE NOT r:Listing
RETURN collect([r.seq, r.first, r.kind, r.dataset, r.id, null, null,
  null, null, null, null, null, null,
  @micros(r.validFrom), @micros(r.validTo), null, null, r.payload, r.sealed, r.digest, r.batch,
  r.file, r.record, r.version, r.prior, r.retractedIn, r.sealedId])
