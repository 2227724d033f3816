"""The default engine, under the name it had before there were others."""

from .engines import Message, finished_row, get

run_jobs = get("local")

__all__ = ["Message", "finished_row", "run_jobs"]
