// 展开之前先看关系数量 · How many relations, before expanding
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
WITH DISTINCT m
CALL (m) {
  MATCH (m)-[r]-(:Subject)
  RETURN type(r) AS type, startNode(r) = m AS outgoing LIMIT 100000
}
RETURN type, outgoing, count(*) AS relations
ORDER BY relations DESC, type, outgoing LIMIT 60
