MATCH (r:Listing) WHERE r.retractedIn IS NULL
RETURN count(r)
