"""What every method is compared with: the source alone, and the oracle on target labels."""
