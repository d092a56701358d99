MATCH (s:LinkriskStore {id: 'store'})
SET s.indexed = true
