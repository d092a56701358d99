// 共用电话、设备、地址的人 · Who shares its phones, devices, addresses
:param subject => 'bank:q1';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param hub => 20;
WITH datetime({date: date($asOf) + duration('P1D'), timezone: '+08:00'}) AS before,
     datetime($knownAt) AS known
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
WITH DISTINCT before, known, m
MATCH (m)-[u:USES_PHONE|USES_DEVICE|LOCATED_AT]->(t:Subject)
WHERE u.recordedAt <= known AND coalesce(u.retractedAt > known, true)
  AND coalesce(u.validFrom < before, true) AND coalesce(u.validTo >= before, true)
WITH before, known, collect(DISTINCT m) AS mine, t
WITH DISTINCT before, known, mine, COLLECT {
  MATCH ANY SHORTEST (t) ((x)-[j:IDENTIFIED_BY|SAME_AS]-(y)
    WHERE j.recordedAt <= known AND coalesce(j.retractedAt > known, true)
      AND coalesce(x.canonical = y.canonical, true))* (w:Subject)
  WHERE NOT EXISTS {
    UNWIND range(0, size(j) - 1) AS i
    WITH x[i] AS one, y[i] AS two
    MATCH (one)-[n:NOT_SAME_AS]-(two)
    WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
  }
  RETURN w ORDER BY w.first
} AS things
WHERE reduce(all = 0, w IN things | all + COUNT { (w)--() }) <= $hub
UNWIND things AS w
MATCH picture = (w)<-[u:USES_PHONE|USES_DEVICE|LOCATED_AT]-(o:Subject)
WHERE u.recordedAt <= known AND coalesce(u.retractedAt > known, true)
  AND coalesce(u.validFrom < before, true) AND coalesce(u.validTo >= before, true)
  AND all(n IN [w, o] WHERE EXISTS { (n)<-[v:DESCRIBES]-(:Record&!Listing)
    WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
      AND coalesce(v.validFrom < before, true) AND coalesce(v.validTo >= before, true) })
WITH things, mine, collect(DISTINCT o) AS users, collect(DISTINCT u.dataset + ':' + u.id) AS facts,
  collect(picture) AS pictures
WHERE any(o IN users WHERE NOT o IN mine)
RETURN things[0].kind AS kind, coalesce(things[0].canonical, things[0].dataset + ':' + things[0].id)
    AS thing, coalesce(things[0].e164, things[0].name) AS shown,
  [o IN users WHERE NOT o IN mine | coalesce(o.canonical, o.dataset + ':' + o.id)] AS others,
  facts, pictures
ORDER BY size(others) DESC, thing LIMIT 100
