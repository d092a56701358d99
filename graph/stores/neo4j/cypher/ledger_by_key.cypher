MATCH (e:LedgerEntry) USING INDEX SEEK e:LedgerEntry(key, part)
WHERE e.key = $key AND e.part > 0
RETURN e.no, e.at, e.actor, e.kind, e.about, e.body, e.key, e.part, e.priorHash, e.hash ORDER BY e.part
