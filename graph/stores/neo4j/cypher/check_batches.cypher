MATCH (b:Batch) WHERE b.no <= $upto
RETURN b.no, @micros(b.recordedAt), b.facts, b.retractions, b.lastSeq, b.name, b.kinds, b.retracted
ORDER BY b.no
