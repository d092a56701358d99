// Whoever changes this node first appends next; batches of facts are written beside it.
MATCH (h:LedgerHead {id: 'ledger'})
SET h.writes = h.writes + 1
WITH h
MATCH (s:LinkriskStore {id: 'store'})
RETURN s.uuid, s.schema, h.no, h.hash, h.at
