MATCH (h:LedgerHead {id: 'ledger'})
SET h.no = $no, h.hash = $hash, h.at = $at
