MATCH (s:Subject)<-[:DESCRIBES]-(r:Record)
WHERE r.batch <= $upto AND r.retractedIn IS NULL AND NOT r:Listing AND s.current <> r.seq
RETURN r.seq LIMIT 5
