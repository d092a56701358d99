MATCH (s:LinkriskStore {id: 'store'})
SET s.lastBatch = $no, s.lastSeq = $seq, s.lastName = $name, s.lastAt = @time($s, $us)
