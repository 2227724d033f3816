"""Runs carried out: planned, trained, resumed, searched, and sent to a dashboard.

May come in: what starts a training or drives one. May not: what a finished run's numbers mean.
"""
