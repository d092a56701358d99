MATCH (s:LinkriskStore {id: 'store'})
RETURN s.lastBatch
