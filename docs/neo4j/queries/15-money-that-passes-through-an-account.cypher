// 快进快出的账户 · Money that passes through an account
:param subject => 'bank:a3';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param days => 3;
:param margin => 0.1;
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
    AND coalesce(x.canonical = y.canonical, true))* (m:Account)
WHERE NOT EXISTS {
  UNWIND range(0, size(j) - 1) AS i
  WITH x[i] AS one, y[i] AS two
  MATCH (one)-[n:NOT_SAME_AS]-(two)
  WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
}
WITH before, known, collect(DISTINCT m) AS mine
UNWIND mine AS m
MATCH (m)<-[in:TRANSFERRED_TO]-(x:Account)
WHERE in.recordedAt <= known AND coalesce(in.retractedAt > known, true)
  AND in.validFrom < before AND NOT x IN mine
CALL (mine, in, before, known) {
  UNWIND mine AS m
  MATCH (m)-[out:TRANSFERRED_TO]->(y:Account)
  WHERE out.recordedAt <= known AND coalesce(out.retractedAt > known, true)
    AND in.validFrom <= out.validFrom AND out.validFrom < before
    AND out.validFrom <= in.validFrom + duration({days: $days}) AND NOT y IN mine
  RETURN sum(out.amount) AS sent, collect(out) AS outs
}
WITH in, x, sent, outs, sent / in.amount AS ratio
WHERE 1 - $margin <= ratio AND ratio <= 1 + $margin
RETURN in.validFrom AS received, coalesce(x.canonical, x.dataset + ':' + x.id) AS from,
  in.amount AS amount, sent, ratio,
  [out IN outs | endNode(out).dataset + ':' + endNode(out).id] AS to,
  [t IN [in] + outs | t.dataset + ':' + t.id] AS facts, in, outs
ORDER BY received, facts LIMIT 200
