"""Fitted in one go, without gradient steps: alignments of fixed features, and support vectors."""
