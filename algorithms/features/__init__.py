"""Features: what a model may know of every account, company, person or phone on a day."""
