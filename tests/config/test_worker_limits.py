"""A stored configuration may ask for a bounded number of processes, and start none anew."""

from pathlib import Path

import pytest

from da_bench.config.worker_limits import COUNTS, PROCESSES, check_processes

FILE = Path("config.yaml")


def asking(place, value):
    """A configuration that holds one setting."""
    for key in reversed(place.split(".")):
        value = {key: value}
    return value


@pytest.mark.parametrize("place", COUNTS)
def test_a_number_is_bounded_and_the_command_says_otherwise(place):
    for value in (0, 1, PROCESSES, "auto", "1", [0, 1]):
        check_processes(asking(place, value), FILE)
    for value in (PROCESSES + 1, f"+{PROCESSES + 1}", list(range(PROCESSES + 1)), 10**9):
        with pytest.raises(ValueError, match=rf"config\.yaml: {place}.*at most {PROCESSES}"):
            check_processes(asking(place, value), FILE)
        check_processes(asking(place, value), FILE, [f"--{place}=2"])
        check_processes(asking(place, value), FILE, [f"--{place}", "2"])


def test_minus_one_is_every_device_and_no_number_of_workers():
    check_processes(asking("trainer.devices", -1), FILE)
    with pytest.raises(ValueError, match="no fewer than 0"):
        check_processes(asking("data.init_args.num_workers", -1), FILE)


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_fork", "ddp_notebook"])
def test_a_strategy_that_starts_processes_anew_is_refused(strategy):
    with pytest.raises(ValueError, match=f"'{strategy}' starts processes anew"):
        check_processes(asking("trainer.strategy", strategy), FILE)
    check_processes(asking("trainer.strategy", strategy), FILE, ["--trainer.strategy=auto"])
    check_processes(asking("trainer.strategy", "ddp"), FILE)
    check_processes({"trainer": None}, FILE)
