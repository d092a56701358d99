// 两个时刻之间的变化 · What changed about it between two moments
:param subject => 'cn:uscc:91350100M000100Y43';
:param since => '2024-03-31T00:00:00+08:00';
:param upto => '2024-12-31T00:00:00+08:00';
WITH datetime($upto) AS known
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
  MATCH (m)<-[:DESCRIBES]-(r:Record)
  RETURN r.kind AS kind, null AS other, properties(r) AS p
  UNION
  MATCH (m)-[r]-(o:Subject)
  RETURN type(r) AS kind, coalesce(o.name, o.dataset + ':' + o.id) AS other, properties(r) AS p
}
UNWIND [['recorded', p.recordedAt, p.batch], ['retracted', p.retractedAt, p.retractedIn]] AS change
WITH kind, other, p, change
WHERE datetime($since) < change[1] AND change[1] <= datetime($upto)
RETURN DISTINCT change[1] AS at, change[0] AS what, kind, p.dataset + ':' + p.id AS fact, other,
  p.seq AS version, COLLECT {
    UNWIND keys(p) AS k
    WITH k WHERE NOT k IN ['seq', 'first', 'id', 'dataset', 'kind', 'canonical', 'value', 'prior',
      'validFrom', 'validTo', 'recordedAt', 'retractedAt', 'retractedIn', 'batch', 'file', 'record',
      'version', 'digest', 'sealed', 'sealedId']
    RETURN k + ' ' + toString(p[k]) AS told ORDER BY told
  } AS said, change[2] AS batch
ORDER BY at, version, what LIMIT 500
