// 关系最多的主体 · The subjects with most relations
:param kind => 'phone';
MATCH (s:Subject)
WHERE s.kind = $kind
WITH s, COUNT { (s)--() } AS relationships
RETURN s.name AS name, coalesce(s.canonical, s.dataset + ':' + s.id) AS subject, relationships
ORDER BY relationships DESC, subject LIMIT 20
