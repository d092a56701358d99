// 按掩码号码查电话 · Phones by a masked number
:param phone => '138****0001';
MATCH (k:Identifier {value: $phone})<-[i:IDENTIFIED_BY]-(t:Phone)
WHERE i.retractedAt IS NULL
WITH k, collect(t) AS phones
RETURN k.id AS subject, k.value AS phone, [t IN phones | t.dataset + ':' + t.id] AS records,
  COLLECT {
    UNWIND phones AS t
    MATCH (t)<-[u:USES_PHONE]-(s:Subject)
    WHERE u.retractedAt IS NULL
    RETURN DISTINCT coalesce(s.name, s.dataset + ':' + s.id) AS name ORDER BY name LIMIT 20
  } AS users
ORDER BY subject LIMIT 50
