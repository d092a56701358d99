"""How good detectors are: findings matched to a known truth, measures of them, calibration."""
