OPTIONAL MATCH (g:File)
WITH coalesce(max(g.no), 0) + 1 AS next
MERGE (f:File {name: $name, sha256: $sha256})
ON CREATE SET f.no = next
RETURN f.no
