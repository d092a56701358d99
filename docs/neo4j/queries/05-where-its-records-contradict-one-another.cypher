// 记录之间的矛盾 · Where its records contradict one another
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
MATCH (m)<-[v:DESCRIBES]-(r:Record&!Listing)
WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
CALL (m, r) {
  UNWIND [['name', r.name], ['validFrom', toString(date(r.validFrom))],
          ['validTo', toString(date(r.validTo))]] AS said
  RETURN said[0] AS property, said[1] AS value, said[1] AS shown
  UNION
  MATCH (m)-[i:IDENTIFIED_BY]->(k:Identifier)
  WHERE i.seq = r.seq
  RETURN k.kind AS property, k.id AS value, k.value AS shown
}
WITH property, value, shown, collect(r.dataset + ':' + r.id) AS records
WHERE value IS NOT NULL
WITH property, collect({value: shown, records: records}) AS stated
WHERE size(stated) > 1
RETURN property, stated ORDER BY property LIMIT 50
