// Subjects whose newest version was retracted. row: 0 first, 1 current
UNWIND $rows AS row
MATCH (s:Subject {first: row[0]})
SET s.current = row[1]
