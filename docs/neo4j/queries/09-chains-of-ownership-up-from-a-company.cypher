// 向上的持股链 · Chains of ownership up from a company
:param subject => 'cn:uscc:91350100M000100Y43';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param depth => 5;
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
WITH DISTINCT before, known, s
MATCH (s) ((y)-[h:SHAREHOLDER_OF|IDENTIFIED_BY|SAME_AS]-(x)
  WHERE h.recordedAt <= known AND coalesce(h.retractedAt > known, true)
    AND CASE WHEN type(h) = 'SHAREHOLDER_OF'
      THEN endNode(h) = y AND h.share IS NOT NULL
        AND coalesce(h.validFrom < before, true) AND coalesce(h.validTo >= before, true)
      ELSE coalesce(x.canonical = y.canonical, true) AND NOT EXISTS { (x)-[n:NOT_SAME_AS]-(y)
        WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true) }
      END){1,12} (o:Subject)
WITH DISTINCT before, known, [step IN h WHERE type(step) = 'SHAREHOLDER_OF'] AS chain
WHERE 0 < size(chain) AND size(chain) <= $depth
  AND all(step IN chain WHERE all(n IN [startNode(step), endNode(step)]
    WHERE EXISTS { (n)<-[v:DESCRIBES]-(:Record&!Listing)
    WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
      AND coalesce(v.validFrom < before, true) AND coalesce(v.validTo >= before, true) }))
WITH chain, [step IN chain | coalesce(startNode(step).canonical,
    startNode(step).dataset + ':' + startNode(step).id)] AS owners, coalesce(
    endNode(chain[0]).canonical, endNode(chain[0]).dataset + ':' + endNode(chain[0]).id) AS company
WHERE none(i IN range(0, size(owners) - 1) WHERE owners[i] = company OR owners[i] IN owners[..i])
RETURN last(owners) AS owner, startNode(last(chain)).name AS name,
  reduce(product = 1.0, step IN chain | product * step.share) AS share, size(chain) AS depth,
  owners AS upwards, [step IN chain | step.share] AS shares,
  [step IN chain | step.dataset + ':' + step.id] AS facts, chain
ORDER BY share DESC, depth, owner LIMIT 200
