CREATE (b:Batch {no: $no, id: $id, recordedAt: @time($s, $us), facts: $facts,
  retractions: $retractions, lastSeq: $seq, name: $name, settled: $settled, undone: $undone,
  undoes: $undoes, attempt: $attempt, kinds: $kinds, retracted: $retracted,
  retractedKinds: $retractedKinds, retractedSubjects: $retractedSubjects})
WITH b
MATCH (f:File {no: $file})
CREATE (b)-[:READ_FROM {recordedAt: b.recordedAt}]->(f)
