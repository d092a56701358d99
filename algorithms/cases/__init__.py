"""Cases: findings of all detectors, put together where they are about the same thing."""
