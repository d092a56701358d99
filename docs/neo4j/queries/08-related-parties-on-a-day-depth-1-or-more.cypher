// 某日的关联方, 一层或多层 · Related parties on a day, depth 1 or more
:param subject => 'cn:uscc:91350100M000100Y43';
:param asOf => '2024-06-01';
:param knownAt => '2024-12-31T00:00:00+08:00';
:param depth => 2;
:param hub => 1000;
WITH datetime({date: date($asOf) + duration('P1D'), timezone: '+08:00'}) AS before,
     datetime($knownAt) AS known
CALL (known) {
  MATCH (:Identifier {id: $subject})<-[i:IDENTIFIED_BY]-(s:Subject)
  WHERE i.recordedAt <= known AND coalesce(i.retractedAt > known, true)
  RETURN s
  UNION
  WITH split($subject, ':')[0] AS dataset
  MATCH (s:Subject {id: substring($subject, size(dataset) + 1), dataset: dataset})
  RETURN s
}
WITH before, known, collect(s) AS starts
WITH before, known, reduce(found = [], d IN range(0, $depth) | found + COLLECT {
  CALL (found, d, starts, before, known) {
    UNWIND starts AS b
    WITH b WHERE d = 0
    RETURN b
    UNION
    UNWIND [near IN found WHERE near.depth = d - 1] AS near
    UNWIND near.records AS a
    WITH a WHERE d = 1 OR COUNT { (a)--() } <= $hub
    MATCH (a)-[r:LEGAL_REPRESENTATIVE_OF|OFFICER_OF|CONTROLS|SHAREHOLDER_OF|NOMINEE_OF
      |ACTS_IN_CONCERT_WITH|BRANCH_OF|SUCCESSOR_OF|EMPLOYS|KIN_OF|GUARDIAN_OF
      |GUARANTEES]-(b:Subject)
    WHERE r.recordedAt <= known AND coalesce(r.retractedAt > known, true)
      AND coalesce(r.validFrom < before, true) AND coalesce(r.validTo >= before, true)
    RETURN b
  }
  WITH b, d, before, known
  WHERE NOT any(seen IN found WHERE b IN seen.records)
  WITH DISTINCT d, before, known, COLLECT {
    MATCH ANY SHORTEST (b) ((x)-[j:IDENTIFIED_BY|SAME_AS]-(y)
      WHERE j.recordedAt <= known AND coalesce(j.retractedAt > known, true)
        AND coalesce(x.canonical = y.canonical, true))* (m:Subject)
    WHERE NOT EXISTS {
      UNWIND range(0, size(j) - 1) AS i
      WITH x[i] AS one, y[i] AS two
      MATCH (one)-[n:NOT_SAME_AS]-(two)
      WHERE n.recordedAt <= known AND coalesce(n.retractedAt > known, true)
    }
    RETURN m ORDER BY m.first
  } AS records
  WITH d, before, records, COLLECT {
    UNWIND records AS m
    MATCH (m)<-[v:DESCRIBES]-(r:Record&!Listing)
    WHERE v.recordedAt <= known AND coalesce(v.retractedAt > known, true)
    RETURN r ORDER BY r.batch DESC, r.dataset + ':' + r.id
  } AS versions
  WITH d, before, records, versions,
    head([r IN versions WHERE r.validFrom IS NOT NULL | r.batch]) AS begun,
    head([r IN versions WHERE r.validTo IS NOT NULL | r.batch]) AS ended
  WHERE size(versions) > 0
    AND (begun IS NULL OR any(r IN versions WHERE r.batch = begun AND r.validFrom < before))
    AND (ended IS NULL OR any(r IN versions WHERE r.batch = ended AND r.validTo >= before))
  RETURN {depth: d, records: records, versions: versions}
}) AS found
UNWIND found AS party
CALL (party, found, before, known) {
  UNWIND [near IN found WHERE near.depth = party.depth - 1] AS near
  UNWIND near.records AS a
  UNWIND party.records AS b
  MATCH picture = (a)-[r:LEGAL_REPRESENTATIVE_OF|OFFICER_OF|CONTROLS|SHAREHOLDER_OF|NOMINEE_OF
      |ACTS_IN_CONCERT_WITH|BRANCH_OF|SUCCESSOR_OF|EMPLOYS|KIN_OF|GUARDIAN_OF
      |GUARANTEES]-(b)
  WHERE r.recordedAt <= known AND coalesce(r.retractedAt > known, true)
    AND coalesce(r.validFrom < before, true) AND coalesce(r.validTo >= before, true)
  WITH picture, r, CASE WHEN type(r) = 'SHAREHOLDER_OF' THEN startNode(r) = b END AS holds
  RETURN collect(DISTINCT type(r)) AS roles, collect(DISTINCT r.dataset + ':' + r.id) AS facts,
    collect(CASE WHEN holds THEN r.share END) AS held,
    collect(CASE WHEN NOT holds THEN r.share END) AS holding, collect(picture) AS pictures
}
WITH party, roles, facts, pictures, CASE WHEN held <> [] THEN held ELSE holding END AS shares
WHERE party.depth > 0
RETURN party.depth AS depth,
  coalesce(head([r IN party.versions WHERE r.canonical IS NOT NULL | r.canonical]),
    head(COLLECT {
      UNWIND party.versions AS r
      MATCH (born:Record {seq: r.first})
      RETURN r.dataset + ':' + r.id AS record ORDER BY born.batch, record LIMIT 1
    })) AS party,
  head([r IN party.versions WHERE r.name IS NOT NULL | r.name]) AS name, roles,
  CASE WHEN party.depth = 1 AND shares <> []
    THEN reduce(total = 0.0, share IN shares | total + share) END AS share,
  [r IN party.versions | r.dataset + ':' + r.id] AS records, facts, pictures
ORDER BY depth, party LIMIT 1000
