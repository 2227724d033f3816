"""Runs in Weights & Biases: logged while they train, or pushed later; no result needs it."""
