MERGE (s:LinkriskStore {id: 'store'})
ON CREATE SET s.uuid = $uuid, s.schema = $schema, s.keyDigest = $digest, s.plain = $plain,
  s.indexed = true, s.lastBatch = 0, s.lastSeq = 0, s.lastName = $name, s.writes = 0
RETURN s.uuid = $uuid
