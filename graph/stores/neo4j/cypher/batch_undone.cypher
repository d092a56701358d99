MATCH (b:Batch {no: $no})
SET b.id = b.id + '#undone-' + toString(b.no), b.settled = false, b.undone = true
