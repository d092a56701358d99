MATCH (b:Batch) WHERE b.no > $since AND b.no <= $upto AND b.retractions > 0
RETURN b.no, b.retracted, b.retractedKinds, b.retractedSubjects ORDER BY b.no
