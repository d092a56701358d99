MATCH (h:LedgerHead {id: 'ledger'})
RETURN h.no, h.hash
