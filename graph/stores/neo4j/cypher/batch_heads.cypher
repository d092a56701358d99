MATCH (b:Batch)
RETURN b.no, b.id, b.settled, b.undone ORDER BY b.no
