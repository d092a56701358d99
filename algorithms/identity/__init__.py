"""Who is who: records of people and firms without an official key, linked by what they say."""
