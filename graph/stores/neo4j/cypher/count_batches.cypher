MATCH (b:Batch)
WITH count(b) AS batches, sum(b.facts) AS versions, sum(b.retractions) AS retractions,
  max(b.recordedAt) AS newest
RETURN batches, versions, retractions, @micros(newest)
