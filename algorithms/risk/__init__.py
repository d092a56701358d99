"""Risk: clusters of who is listed or suspected and what joins them, and how they change."""
