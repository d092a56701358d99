// As ledger_since, of those about one thing.
MATCH (e:LedgerEntry) USING INDEX SEEK e:LedgerEntry(about, no)
WHERE e.about = $about AND e.no >= $begin
WITH e ORDER BY e.no LIMIT $most
WITH properties(e) AS p
RETURN collect(p.no), collect(coalesce(p.at, '')), collect(coalesce(p.actor, '')),
  collect(coalesce(p.kind, '')), collect(coalesce(p.about, '')), collect(coalesce(p.body, '')),
  collect(coalesce(p.key, '')), collect(coalesce(p.part, '')), collect(coalesce(p.priorHash, '')),
  collect(coalesce(p.hash, ''))
