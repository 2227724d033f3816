"""The process that workers are forked from: it imports once what every run needs, and no more.

Python's fork server imports this module (see ``local.warm``); nothing else does. It starts no run,
so a fork finds no thread and no CUDA context in it, neither of which would survive.
"""

import ctypes
import importlib
import os
import signal

DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl; it is not handed down to what is forked here."""

driver = int(os.environ.pop("DA_BENCH_DRIVER"))  # a KeyError: it was imported by something else
# Ctrl-C reaches the whole group, but it is the driver that ends its workers. What came while
# Python itself was starting has been held back, and is forgotten.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
# The fork server looks after its driver once it has imported this. Until then it is up to the
# kernel: a thread that looked would wait, as long as libtorch is being loaded, for its turn.
if hasattr(libc := ctypes.CDLL(None), "prctl"):
    libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
if os.getppid() != driver:
    os._exit(1)
os.environ["OMP_NUM_THREADS"] = "1"  # a run has one thread, and no pool is to be forked
for name in ("da_bench.runs.execute", "da_bench.runs.progress", "da_bench.callbacks.curves"):
    importlib.import_module(name)
