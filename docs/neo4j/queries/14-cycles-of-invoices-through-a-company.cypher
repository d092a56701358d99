// 发票闭环 · Cycles of invoices through a company
:param subject => 'cn:uscc:91350100M000100Y43';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param length => 4;
:param days => 60;
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
    AND coalesce(x.canonical = y.canonical, true))* (m:Company)
WHERE NOT EXISTS {
  UNWIND range(0, size(j) - 1) AS i
  WITH x[i] AS one, y[i] AS two
  MATCH (one)-[n:NOT_SAME_AS]-(two)
  WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
}
WITH before, known, collect(DISTINCT m) AS starts
UNWIND starts AS s
MATCH (s)-[first:INVOICED]->(b:Company)
WHERE first.recordedAt <= known AND coalesce(first.retractedAt > known, true)
  AND first.validFrom < before AND NOT b IN starts
  AND NOT coalesce(first.status, '') IN ['void', 'red']
WITH before, known, starts, first, reduce(chains = [{hops: [first], passed: starts}],
  step IN range(2, $length) | chains + COLLECT {
    UNWIND [c IN chains WHERE size(c.hops) = step - 1 AND NOT endNode(last(c.hops)) IN starts] AS c
    WITH c, starts, first, before, known, endNode(last(c.hops)) AS e
    WITH c, starts, first, before, known, COLLECT {
      MATCH ANY SHORTEST (e) ((x)-[j:IDENTIFIED_BY|SAME_AS]-(y)
        WHERE j.recordedAt <= known AND coalesce(j.retractedAt > known, true)
          AND coalesce(x.canonical = y.canonical, true))* (m:Company)
      WHERE NOT EXISTS {
        UNWIND range(0, size(j) - 1) AS i
        WITH x[i] AS one, y[i] AS two
        MATCH (one)-[n:NOT_SAME_AS]-(two)
        WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
      }
      RETURN m
    } AS here
    UNWIND here AS a
    MATCH (a)-[t:INVOICED]->(next:Company)
    WHERE t.recordedAt <= known AND coalesce(t.retractedAt > known, true)
      AND last(c.hops).validFrom <= t.validFrom AND t.validFrom < before
      AND t.validFrom <= first.validFrom + duration({days: $days})
      AND NOT coalesce(t.status, '') IN ['void', 'red']
      AND NOT next IN here AND (next IN starts OR NOT next IN c.passed)
    RETURN {hops: c.hops + [t], passed: c.passed + here} LIMIT 100000
  }) AS chains
UNWIND [c IN chains WHERE size(c.hops) > 1 AND endNode(last(c.hops)) IN starts | c.hops] AS hops
RETURN [t IN hops | startNode(t).name] AS members, [t IN hops | t.goods] AS goods,
  [t IN hops | t.dataset + ':' + t.id] AS facts, [t IN hops | t.amount] AS amounts,
  hops[0].validFrom AS begins, last(hops).validFrom AS ends, hops
ORDER BY begins, facts LIMIT 200
