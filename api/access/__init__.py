"""Who may ask, for what, and whose data they see."""
