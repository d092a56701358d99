// 一个批次撤回或更正了什么 · What a batch retracted or corrected
:param batch => 6;
MATCH (b:Batch {no: $batch})
UNWIND b.retracted AS seq
CALL (seq) {
  MATCH (old:Record {seq: seq})-[:DESCRIBES]->(s:Subject)
  OPTIONAL MATCH (s)<-[:DESCRIBES]-(new:Record {prior: seq})
  RETURN old.kind AS kind, properties(old) AS was, properties(new) AS is
  UNION ALL
  MATCH (a)-[old:LEGAL_REPRESENTATIVE_OF|OFFICER_OF|CONTROLS|SHAREHOLDER_OF|NOMINEE_OF
      |ACTS_IN_CONCERT_WITH|BRANCH_OF|SUCCESSOR_OF|EMPLOYS|KIN_OF|GUARDIAN_OF|GUARANTEES
      |HOLDS_ACCOUNT|USES_PHONE|USES_DEVICE|LOCATED_AT|TRANSFERRED_TO|WITHDREW_TO|BORROWS
      |DEPOSITED_INTO|REPAYS|CALLED|INVOICED|PARTICIPATED_IN|SAME_AS|NOT_SAME_AS {seq: seq}]->(b)
  OPTIONAL MATCH (a)-[new]->(b)
  WHERE new.prior = seq
  RETURN type(old) AS kind, properties(old) AS was, properties(new) AS is
}
RETURN kind, was.dataset + ':' + was.id AS fact, COLLECT {
    UNWIND keys(was) AS k
    WITH k WHERE NOT k IN ['seq', 'first', 'id', 'dataset', 'kind', 'canonical', 'value', 'prior',
      'validFrom', 'validTo', 'recordedAt', 'retractedAt', 'retractedIn', 'batch', 'file', 'record',
      'version', 'digest', 'sealed', 'sealedId']
    RETURN k + ' ' + toString(was[k]) AS told ORDER BY told
  } AS said,
  COLLECT {
    UNWIND keys(is) AS k
    WITH k WHERE NOT k IN ['seq', 'first', 'id', 'dataset', 'kind', 'canonical', 'value', 'prior',
      'validFrom', 'validTo', 'recordedAt', 'retractedAt', 'retractedIn', 'batch', 'file', 'record',
      'version', 'digest', 'sealed', 'sealedId']
    RETURN k + ' ' + toString(is[k]) AS told ORDER BY told
  } AS becomes,
  date(was.validFrom) AS validFromWas, date(is.validFrom) AS validFrom,
  date(was.validTo) AS validToWas, date(is.validTo) AS validTo
ORDER BY fact LIMIT 1000
