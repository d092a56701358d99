// A graph of rows that say a relation each, after rows that say a node each: what a node's first row
// says of it holds. The nodes are those that stand for the subjects, so that `gds.util.asNode` and
// `write` find them. Without every one of them there is no graph. Rows come from one thread; each
// other that the library would keep ready takes memory for every type of relation.
UNWIND range(0, size($firsts) - 1) AS i
MATCH (s:Subject {first: $firsts[i]}) USING INDEX s:Subject(first)
WITH i, s ORDER BY i
WITH collect(s) AS nodes WHERE size(nodes) = size($firsts)
UNWIND $parts AS part
WITH nodes, part.label AS label, part.type AS type, part.src AS src, part.dst AS dst
UNWIND range(0, size(src) - 1) AS i
WITH nodes[src[i]] AS source, nodes[dst[i]] AS target, label, type,
  CASE WHEN label IS NOT NULL THEN {first: $firsts[src[i]]} END AS properties
RETURN gds.graph.project($name, source, target, {
  sourceNodeLabels: label, targetNodeLabels: NULL,
  sourceNodeProperties: properties, targetNodeProperties: NULL,
  relationshipType: type
}, {undirectedRelationshipTypes: $undirected, readConcurrency: 1, jobId: $job}) IS NOT NULL
