"""What a person may ask of whoever keeps their data: to see it, to have it put right, to have it
erased (PIPL arts. 45 to 47); and what limits that."""
