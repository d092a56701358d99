GRANT MATCH {*} ON GRAPH $database TO $role
