MATCH (s:LinkriskStore {id: 'store'})
RETURN coalesce(s.datasets, 0)
