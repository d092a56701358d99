MATCH (e:LedgerEntry)
WHERE COUNT { (e)-[:FOLLOWS]->() } <> CASE e.no WHEN 1 THEN 0 ELSE 1 END
  OR EXISTS { MATCH (e)-[:FOLLOWS]->(p) WHERE NOT p:LedgerEntry OR p.no <> e.no - 1 }
RETURN e.no LIMIT 5
