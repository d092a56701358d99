// Columns, in order of number; what an entry lacks is an empty text, which no field of one is.
MATCH (e:LedgerEntry) USING INDEX SEEK e:LedgerEntry(no)
WHERE e.no >= $begin
WITH e ORDER BY e.no LIMIT $most
WITH properties(e) AS p
RETURN collect(p.no), collect(coalesce(p.at, '')), collect(coalesce(p.actor, '')),
  collect(coalesce(p.kind, '')), collect(coalesce(p.about, '')), collect(coalesce(p.body, '')),
  collect(coalesce(p.key, '')), collect(coalesce(p.part, '')), collect(coalesce(p.priorHash, '')),
  collect(coalesce(p.hash, ''))
