// Later facts that stand and refer to subjects of a batch.
MATCH (s:Subject) USING INDEX SEEK s:Subject(first)
WHERE s.first > $low AND s.first <= $high
CALL (s) {
  MATCH (s)-[r]-(:Subject) WHERE r.batch > $no AND r.retractedIn IS NULL RETURN r.seq AS seq
  UNION
  MATCH (s)<-[:DESCRIBES]-(r:Listing) WHERE r.batch > $no AND r.retractedIn IS NULL
  RETURN r.seq AS seq
}
RETURN count(DISTINCT seq)
