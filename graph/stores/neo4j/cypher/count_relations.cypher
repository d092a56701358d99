MATCH ()-[r:__TYPE__]->() WHERE r.retractedIn IS NULL
RETURN count(r)
