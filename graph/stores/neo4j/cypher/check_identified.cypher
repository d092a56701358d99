MATCH (s:Subject)-[i:IDENTIFIED_BY]->(k:Identifier)
WHERE NOT EXISTS {
  MATCH (s)<-[:DESCRIBES]-(r:Record {seq: i.seq})
  WHERE (k.reason IS NOT NULL OR r.canonical = k.id
      OR k.id STARTS WITH 'erased:' AND r.canonical = substring(k.id, 7))
    AND (i.retractedAt IS NULL) = (r.retractedIn IS NULL)
}
RETURN i.seq LIMIT 5
