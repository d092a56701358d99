MATCH (s:Subject)
RETURN s.kind, sum(CASE WHEN s.current > 0 THEN 1 ELSE 0 END)
