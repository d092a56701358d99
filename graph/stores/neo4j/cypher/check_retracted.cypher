MATCH (r:Record)
WHERE r.retractedIn <= $upto AND NOT EXISTS {
  MATCH (b:Batch {no: r.retractedIn}) WHERE b.recordedAt = r.retractedAt
}
RETURN r.seq LIMIT 5
