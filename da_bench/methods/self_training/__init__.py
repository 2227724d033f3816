"""The target's own predictions, taken as labels or held consistent."""
