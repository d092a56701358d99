// 最多人共用的电话、设备、地址 · Phones, devices, addresses that most share
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param least => 2;
:param hub => 20;
WITH datetime({date: date($asOf) + duration('P1D'), timezone: '+08:00'}) AS before,
     datetime($knownAt) AS known
MATCH (t:Phone|Device|Address)
WHERE $least <= COUNT { (t)<--() } AND COUNT { (t)--() } <= $hub
CALL (t, before, known) {
  MATCH (t)<-[u:USES_PHONE|USES_DEVICE|LOCATED_AT]-(o:Subject)
  WHERE u.recordedAt <= known AND coalesce(u.retractedAt > known, true)
    AND coalesce(u.validFrom < before, true) AND coalesce(u.validTo >= before, true)
    AND all(n IN [t, o] WHERE EXISTS { (n)<-[v:DESCRIBES]-(:Record&!Listing)
    WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
      AND coalesce(v.validFrom < before, true) AND coalesce(v.validTo >= before, true) })
  RETURN collect(DISTINCT coalesce(o.canonical, o.dataset + ':' + o.id)) AS users,
    collect(u) AS relations
}
WITH t, users, relations
WHERE size(users) >= $least
RETURN t.kind AS kind, coalesce(t.canonical, t.dataset + ':' + t.id) AS thing,
  coalesce(t.e164, t.name) AS shown, users, [u IN relations | u.dataset + ':' + u.id] AS facts
ORDER BY size(users) DESC, thing LIMIT 100
