"""The process that workers are forked from: it imports once what every run needs, and no more.

Python's fork server imports this module (see ``local.warm``); nothing else does. It starts no run,
so a fork finds no thread and no CUDA context in it, neither of which would survive.
"""

import importlib
import os
import signal
import threading

driver = int(os.environ.pop("DA_BENCH_DRIVER"))  # a KeyError: it was imported by something else
# Ctrl-C reaches the whole group, but it is the driver that ends its workers. What came while
# Python itself was starting has been held back, and is forgotten.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
os.environ["OMP_NUM_THREADS"] = "1"  # a run has one thread, and no pool is to be forked


def watch(driver: int, over: threading.Event) -> None:
    """Ends the process with its driver; when the imports are over, the fork server does so."""
    while not over.wait(0.5):
        if os.getppid() != driver:
            os._exit(1)


over = threading.Event()
watcher = threading.Thread(target=watch, args=(driver, over))
watcher.start()
try:
    for name in ("da_bench.bench.execute", "da_bench.bench.report"):
        importlib.import_module(name)
finally:
    over.set()
    watcher.join()
