// 一个批次的全部内容 · Everything of one batch
:param batch => 3;
MATCH (b:Batch {no: $batch})
WITH b.lastSeq - b.facts AS low, b.lastSeq AS high
CALL (low, high) {
  MATCH (r:Record)-[:DESCRIBES]->(s:Subject)
  WHERE r.seq > low AND r.seq <= high
  RETURN r.kind AS kind, properties(r) AS p, s AS a, null AS r, null AS b
  UNION ALL
  MATCH (a)-[r:LEGAL_REPRESENTATIVE_OF|OFFICER_OF|CONTROLS|SHAREHOLDER_OF|NOMINEE_OF
      |ACTS_IN_CONCERT_WITH|BRANCH_OF|SUCCESSOR_OF|EMPLOYS|KIN_OF|GUARDIAN_OF|GUARANTEES
      |HOLDS_ACCOUNT|USES_PHONE|USES_DEVICE|LOCATED_AT|TRANSFERRED_TO|WITHDREW_TO|BORROWS
      |DEPOSITED_INTO|REPAYS|CALLED|INVOICED|PARTICIPATED_IN|SAME_AS|NOT_SAME_AS]->(b)
  WHERE r.seq > low AND r.seq <= high
  RETURN type(r) AS kind, properties(r) AS p, a, r, b
}
RETURN p.seq AS version, kind, p.dataset + ':' + p.id AS fact, a, r, b, p.validFrom AS validFrom,
  p.validTo AS validTo, p.record AS line, p.retractedAt AS retracted, COLLECT {
    UNWIND keys(p) AS k
    WITH k WHERE NOT k IN ['seq', 'first', 'id', 'dataset', 'kind', 'canonical', 'value', 'prior',
      'validFrom', 'validTo', 'recordedAt', 'retractedAt', 'retractedIn', 'batch', 'file', 'record',
      'version', 'digest', 'sealed', 'sealedId']
    RETURN k + ' ' + toString(p[k]) AS told ORDER BY told
  } AS said
ORDER BY version LIMIT 1000
