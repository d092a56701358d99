// 按名称开头查主体 · Subjects by the start of a name
:param name => '甲';
MATCH (s:Subject)
WHERE s.name STARTS WITH $name AND s.current > 0
RETURN s.name AS name, s.kind AS kind, coalesce(s.canonical, s.dataset + ':' + s.id) AS subject,
  s.dataset + ':' + s.id AS record
ORDER BY name, record LIMIT 50
