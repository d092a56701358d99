// What subjects show of their newest version. row: 0 first, 1 current, 2 canonical, 3 name, 4… keys
UNWIND $rows AS row
MATCH (s:Subject {first: row[0]})
SET s.current = row[1], s.canonical = row[2], s.name = row[3]__KEYS__
