// 按统一社会信用代码查企业 · A company by its credit code
:param uscc => '91350100M000100Y43';
MATCH (k:Identifier {id: 'cn:uscc:' + $uscc})<-[i:IDENTIFIED_BY]-(s:Company)
MATCH (s)<-[:DESCRIBES]-(r:Record)
WHERE r.seq = i.seq
RETURN k.id AS subject, s.dataset + ':' + s.id AS record, r.name AS name,
  i.retractedAt IS NULL AS current, i.recordedAt AS recorded, i.retractedAt AS retracted
ORDER BY current DESC, record, r.seq LIMIT 100
