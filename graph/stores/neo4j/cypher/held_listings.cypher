MATCH (r:Record:Listing)-[:DESCRIBES]->(a:Subject) USING INDEX SEEK r:__INDEX__
WHERE __WHERE__ AND r:Listing
RETURN collect([r.seq, r.first, r.kind, r.dataset, r.id, a.first, null,
  a.dataset, a.id, a.sealedId, null, null, null,
  @micros(r.validFrom), @micros(r.validTo), null, null, r.payload, r.sealed, r.digest, r.batch,
  r.file, r.record, r.version, r.prior, r.retractedIn, r.sealedId])
