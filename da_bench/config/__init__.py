"""Settings as YAML and objects as plain JSON: layers, the catalogue of methods, and every check.

May come in: what reads, merges, names or checks a description. May not: what imports torch;
a caller hands over the base class that a description must build.
"""
