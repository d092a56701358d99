"""Everything about one subject, under its own address: `/v1/subjects/{id}` and what is below."""
