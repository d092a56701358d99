UNWIND $canonicals AS canonical
MATCH (k:Identifier {id: canonical})<-[i:IDENTIFIED_BY]-(s:Subject) USING INDEX SEEK k:Identifier(id)
MATCH (r:Record {seq: i.seq})
WHERE r.batch <= $upto AND (r.retractedIn IS NULL OR r.retractedIn > $upto)
RETURN canonical, s.first ORDER BY s.first
