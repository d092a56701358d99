MATCH (b:Batch {no: $no})
RETURN b.retracted, b.retractedKinds, b.lastSeq - b.facts, b.lastSeq, b.kinds
