// The empty lists of batches that were imported.
MATCH (b:Batch)
SET b.kinds = coalesce(b.kinds, []), b.retracted = coalesce(b.retracted, []),
  b.retractedKinds = coalesce(b.retractedKinds, []),
  b.retractedSubjects = coalesce(b.retractedSubjects, [])
