"""How people and programs reach the graph: command line, HTTP service, client. No maths here."""
