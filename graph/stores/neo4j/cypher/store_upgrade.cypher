MATCH (s:LinkriskStore {id: 'store'})
SET s.schema = $schema
