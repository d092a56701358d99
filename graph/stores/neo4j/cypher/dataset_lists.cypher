// The empty lists of datasets that were imported.
MATCH (d:Dataset)
SET d.kinds = coalesce(d.kinds, []), d.least = coalesce(d.least, []), d.most = coalesce(d.most, [])
