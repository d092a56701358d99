MATCH (e:LedgerEntry) USING INDEX SEEK e:LedgerEntry(no)
WHERE e.no >= $begin
RETURN e.no, e.at, e.actor, e.kind, e.about, e.body, e.key, e.part, e.priorHash, e.hash ORDER BY e.no LIMIT $most
