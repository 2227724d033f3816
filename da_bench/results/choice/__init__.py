"""Settings and runs that a validator chooses, and what such a choice costs.

Here belongs what ranks finished runs by scores without target labels; the scores themselves are in
``selection``.
"""
