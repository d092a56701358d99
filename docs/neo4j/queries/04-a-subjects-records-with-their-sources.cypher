// 主体的全部记录与来源 · A subject's records with their sources
:param subject => 'cn:uscc:91350100M000100Y43';
:param knownAt => '2024-12-31T00:00:00+08:00';
WITH datetime($knownAt) AS known
CALL (known) {
  MATCH (:Identifier {id: $subject})<-[i:IDENTIFIED_BY]-(s:Subject)
  WHERE i.recordedAt <= known AND coalesce(i.retractedAt > known, true)
  RETURN s
  UNION
  WITH split($subject, ':')[0] AS dataset
  MATCH (s:Subject {id: substring($subject, size(dataset) + 1), dataset: dataset})
  RETURN s
}
MATCH ANY SHORTEST (s) ((x)-[j:IDENTIFIED_BY|SAME_AS]-(y)
  WHERE j.recordedAt <= known AND coalesce(j.retractedAt > known, true)
    AND coalesce(x.canonical = y.canonical, true))* (m:Subject)
WHERE NOT EXISTS {
  UNWIND range(0, size(j) - 1) AS i
  WITH x[i] AS one, y[i] AS two
  MATCH (one)-[n:NOT_SAME_AS]-(two)
  WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
}
WITH DISTINCT known, m
MATCH picture = (m)<-[v:DESCRIBES]-(r:Record&!Listing)
WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
OPTIONAL MATCH (b:Batch {no: r.batch})
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN r.dataset + ':' + r.id AS record, r.kind AS kind, r.name AS name,
  COLLECT {
    MATCH (m)-[i:IDENTIFIED_BY]->(k:Identifier)
    WHERE i.seq = r.seq
    RETURN k.kind + ' ' + k.value + coalesce(' (' + k.reason + ')', '') AS shown ORDER BY shown
  } AS keys,
  date(r.validFrom) AS validFrom, date(r.validTo) AS validTo, r.payload AS said,
  coalesce(r.file, f.name) AS file, r.record AS line, b.id AS batch, r.recordedAt AS recorded,
  picture
ORDER BY recorded, record LIMIT 200
