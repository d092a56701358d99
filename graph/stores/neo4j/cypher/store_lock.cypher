// Whoever changes this node first writes next; others wait here until that one has committed.
MATCH (s:LinkriskStore {id: 'store'})
SET s.writes = s.writes + 1
WITH s
RETURN s.uuid, s.schema, s.lastBatch, s.lastSeq, s.lastName, @micros(s.lastAt)
