// 事实出自哪个文件哪一行 · Which file and line a fact came from
:param fact => 'reg:s2';
WITH split($fact, ':')[0] AS dataset
WITH dataset, substring($fact, size(dataset) + 1) AS id
CALL (dataset, id) {
  MATCH (:Subject {id: id, dataset: dataset})<-[:DESCRIBES]-(r:Record&!Listing)
  RETURN r.kind AS kind, properties(r) AS p
  UNION
  MATCH (r:Listing {id: id, dataset: dataset})
  RETURN r.kind AS kind, properties(r) AS p
  UNION
  MATCH ()-[r:LEGAL_REPRESENTATIVE_OF|OFFICER_OF|CONTROLS|SHAREHOLDER_OF|NOMINEE_OF
      |ACTS_IN_CONCERT_WITH|BRANCH_OF|SUCCESSOR_OF|EMPLOYS|KIN_OF|GUARDIAN_OF|GUARANTEES
      |HOLDS_ACCOUNT|USES_PHONE|USES_DEVICE|LOCATED_AT|TRANSFERRED_TO|WITHDREW_TO|BORROWS
      |DEPOSITED_INTO|REPAYS|CALLED|INVOICED|PARTICIPATED_IN|SAME_AS|NOT_SAME_AS {id: id}]->()
  WHERE r.dataset = dataset
  RETURN type(r) AS kind, properties(r) AS p
}
MATCH (b:Batch {no: p.batch})
OPTIONAL MATCH (b)-[:READ_FROM]->(f:File)
RETURN kind, p.seq AS version, coalesce(p.file, f.name) AS file, p.record AS line,
  f.sha256 AS sha256, b.no AS batch, p.recordedAt AS recorded, p.retractedAt AS retracted,
  p.retractedIn AS retractedIn, COLLECT {
    UNWIND keys(p) AS k
    WITH k WHERE NOT k IN ['seq', 'first', 'id', 'dataset', 'kind', 'canonical', 'value', 'prior',
      'validFrom', 'validTo', 'recordedAt', 'retractedAt', 'retractedIn', 'batch', 'file', 'record',
      'version', 'digest', 'sealed', 'sealedId']
    RETURN k + ' ' + toString(p[k]) AS told ORDER BY told
  } AS said
ORDER BY version LIMIT 100
