// The newest entry about one thing.
MATCH (e:LedgerEntry) USING INDEX SEEK e:LedgerEntry(about, no)
WHERE e.about = $about AND e.no > 0
RETURN coalesce(max(e.no), 0)
