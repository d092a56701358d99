// The same for one type of relation.
CREATE CONSTRAINT linkrisk___NAME___seq IF NOT EXISTS FOR ()-[r:__TYPE__]-() REQUIRE r.seq IS UNIQUE;
CREATE INDEX linkrisk___NAME___id IF NOT EXISTS FOR ()-[r:__TYPE__]-() ON (r.id)
