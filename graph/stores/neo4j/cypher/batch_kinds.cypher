MATCH (b:Batch) WHERE b.no > $since AND b.no <= $upto
RETURN b.no, b.lastSeq - b.facts, b.lastSeq, b.kinds ORDER BY b.no
