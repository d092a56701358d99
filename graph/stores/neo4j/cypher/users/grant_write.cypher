GRANT WRITE ON GRAPH $database TO $role
