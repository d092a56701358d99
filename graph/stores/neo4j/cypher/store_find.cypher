MATCH (s:LinkriskStore {id: 'store'})
RETURN s.uuid, s.schema, s.keyDigest, s.plain, s.indexed
