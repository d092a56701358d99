// Whether the database holds something, none of which is this program's.
RETURN EXISTS { MATCH (n) }
