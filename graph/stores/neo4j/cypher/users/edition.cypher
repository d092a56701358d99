CALL dbms.components() YIELD name, edition RETURN name, edition
