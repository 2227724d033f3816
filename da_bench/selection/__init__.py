"""Choosing a model without target labels, from the outputs that its run stored."""
