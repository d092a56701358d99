MATCH (r:Record)
WHERE r.batch <= $upto AND NOT EXISTS {
  MATCH (r)-[d:DESCRIBES]->(s:Subject)
  WHERE d.recordedAt = r.recordedAt AND (d.retractedAt IS NULL) = (r.retractedIn IS NULL)
    AND (r:Listing OR (s.first = r.first AND s.kind = r.kind AND s.id = r.id
      AND s.dataset = r.dataset))
}
RETURN r.seq LIMIT 5
