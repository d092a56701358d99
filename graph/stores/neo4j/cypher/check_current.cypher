MATCH (s:Subject) WHERE s.current > 0 AND NOT EXISTS {
  MATCH (s)<-[:DESCRIBES]-(r:Record {seq: s.current}) WHERE r.retractedIn IS NULL
}
RETURN s.first LIMIT 5
