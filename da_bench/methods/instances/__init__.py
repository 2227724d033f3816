"""Reweighting: source samples count as much as they resemble the target."""
