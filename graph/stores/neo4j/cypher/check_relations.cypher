MATCH ()-[r:__TYPE__]->() WHERE r.retractedIn IS NULL
WITH r.dataset AS dataset, r.id AS id, count(r) AS standing WHERE standing > 1
RETURN dataset + ':' + id LIMIT 5
