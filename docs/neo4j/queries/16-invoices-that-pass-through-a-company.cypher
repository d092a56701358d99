// 先买后卖的开票 · Invoices that pass through a company
:param subject => 'tax:t2';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param days => 30;
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
    AND coalesce(x.canonical = y.canonical, true))* (m:Company)
WHERE NOT EXISTS {
  UNWIND range(0, size(j) - 1) AS i
  WITH x[i] AS one, y[i] AS two
  MATCH (one)-[n:NOT_SAME_AS]-(two)
  WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
}
WITH before, known, collect(DISTINCT m) AS mine
UNWIND mine AS m
UNWIND mine AS n
MATCH (seller:Company)-[bought:INVOICED]->(m)
WHERE bought.recordedAt <= known AND coalesce(bought.retractedAt > known, true)
  AND bought.validFrom < before AND NOT coalesce(bought.status, '') IN ['void', 'red']
MATCH (n)-[sold:INVOICED]->(buyer:Company)
WHERE sold.recordedAt <= known AND coalesce(sold.retractedAt > known, true)
  AND sold.validFrom < before AND NOT coalesce(sold.status, '') IN ['void', 'red']
  AND sold.goods = bought.goods AND bought.validFrom <= sold.validFrom
  AND sold.validFrom <= bought.validFrom + duration({days: $days})
WITH seller, bought, sold, buyer, sold.amount / bought.amount AS ratio
WHERE 1 - $margin <= ratio AND ratio <= 1 + $margin
RETURN bought.validFrom AS bought, sold.validFrom AS sold, bought.goods AS goods,
  seller.name AS seller, buyer.name AS buyer, bought.amount AS paid, sold.amount AS received, ratio,
  [bought.dataset + ':' + bought.id, sold.dataset + ':' + sold.id] AS facts
ORDER BY bought, facts LIMIT 200
