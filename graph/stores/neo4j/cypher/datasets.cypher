MATCH (d:Dataset) RETURN d.no, d.name, d.kinds, d.least, d.most ORDER BY d.no
