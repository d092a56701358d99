// 某日有效的名单条目与当时任职者 · Listings of a day, and who had a role then
:param list => 'black';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
WITH datetime({date: date($asOf) + duration('P1D'), timezone: '+08:00'}) AS before,
     datetime($knownAt) AS known
MATCH (l:Listing)-[v:DESCRIBES]->(s:Subject)
WHERE l.list = $list
  AND v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
  AND coalesce(v.validFrom < before, true) AND coalesce(v.validTo >= before, true)
MATCH ANY SHORTEST (s) ((x)-[j:IDENTIFIED_BY|SAME_AS]-(y)
  WHERE j.recordedAt <= known AND coalesce(j.retractedAt > known, true)
    AND coalesce(x.canonical = y.canonical, true))* (m:Subject)
WHERE NOT EXISTS {
  UNWIND range(0, size(j) - 1) AS i
  WITH x[i] AS one, y[i] AS two
  MATCH (one)-[n:NOT_SAME_AS]-(two)
  WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
}
WITH before, known, l, s, collect(m) AS firm
RETURN l.dataset + ':' + l.id AS entry, coalesce(s.canonical, s.dataset + ':' + s.id) AS subject,
  s.name AS name, l.authority AS authority, l.basis AS basis, l.domain AS domain,
  l.status AS status,
  date(l.validFrom) AS since, date(l.validTo) AS until, COLLECT {
    UNWIND firm AS m
    MATCH (m)<-[r:LEGAL_REPRESENTATIVE_OF|OFFICER_OF|CONTROLS|SHAREHOLDER_OF]-(p:Subject)
    WHERE r.recordedAt <= known AND coalesce(r.retractedAt > known, true)
      AND coalesce(r.validFrom < before, true) AND coalesce(r.validTo >= before, true)
      AND all(n IN [m, p] WHERE EXISTS { (n)<-[v:DESCRIBES]-(:Record&!Listing)
    WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
      AND coalesce(v.validFrom < before, true) AND coalesce(v.validTo >= before, true) })
    RETURN {role: type(r), title: r.role, share: r.share, name: p.name,
      party: coalesce(p.canonical, p.dataset + ':' + p.id), fact: r.dataset + ':' + r.id} AS had
    ORDER BY had.role, had.party, had.fact LIMIT 50
  } AS roles
ORDER BY since, entry LIMIT 200
