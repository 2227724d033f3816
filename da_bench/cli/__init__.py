"""The ``da-bench`` command: ``main`` finds the subcommand, and each has a file of its own.

May come in: arguments, help and printing. May not: anything that Python code could want to call.
"""
