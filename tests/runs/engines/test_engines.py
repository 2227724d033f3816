"""Every engine: the same numbers, and what becomes of killed, doubled and unwritable runs."""

import fcntl
import json
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from da_bench.config.layers import merge
from da_bench.results.store import StoreError, lock, read_result, read_results, write_result
from da_bench.runs import engines
from da_bench.runs.engines import slurm
from da_bench.runs.engines.base import Schedule, finished_row
from da_bench.runs.engines.process import carry
from da_bench.runs.plan import Job, Plan, jobs, plans
from tests.results import stored

QUICK = {"trainer": {"max_epochs": 2}, "data": {"init_args": {"size": 128}}}
LONG = {"trainer": {"max_epochs": 100}, "data": {"init_args": {"size": 128}}}
LONGER = {"trainer": {"max_epochs": 400}, "data": {"init_args": {"size": 128}}}
ENDLESS = ["--benchmark", "moons", "--methods", "dann", "--tasks", "0:20", "--seeds", "4",
           "--workers", "2", "--set", "trainer.max_epochs=4000"]  # fmt: skip


def grid(methods=("source_only", "dann"), seeds=2, overrides=QUICK):
    return jobs(plans(["moons"], methods, ["0:20"], seeds), overrides)


def run(name, made, out, workers=2, **options):
    """All messages of an engine."""
    return list(engines.get(name, **options)(made, out, workers, set()))


def metrics(out):
    """What has to be the same wherever a run was carried out."""
    kept = ("identity", "status", "oracle/target", "val/source", "val/source_risk", "test/source")
    rows = sorted(read_results(out), key=lambda row: row["identity"])
    return [{key: row[key] for key in kept} for row in rows]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    out = tmp_path_factory.mktemp("local")
    messages = run("local", grid(), out)
    return out, messages


@pytest.mark.slow
def test_a_script_without_a_guard_does_not_run_again_in_its_workers(tmp_path):
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(
        "from pathlib import Path\n"
        "from da_bench.runs import engines\n"
        "from da_bench.runs.plan import jobs, plans\n"
        "print('once', flush=True)\n"
        f"made = jobs(plans(['moons'], ['source_only'], ['0:20'], 1), {QUICK!r})\n"
        f"list(engines.get('local')(made, Path({str(out)!r}), 1, set()))\n"
    )
    root = str(Path(engines.__file__).parents[3])
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": root})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["once"]
    assert [row["status"] for row in read_results(out)] == ["ok"]


def test_local_tells_what_happens_and_writes_every_row(reference):
    out, messages = reference
    assert {row["status"] for row in read_results(out)} == {"ok"}
    for job in grid():
        own = [kind for kind, told, _ in messages if told.identity == job.identity]
        assert own == ["start", "progress", "progress", "done"]


def test_workers_do_not_change_the_numbers(reference, tmp_path):
    run("local", grid(), tmp_path, workers=1)
    assert metrics(tmp_path) == metrics(reference[0])


@pytest.fixture(params=[name for name in engines.NAMES if name != "slurm"])
def engine(request):
    """Each engine that works on this machine, by name; SLURM's has a file of its own."""
    try:
        engines.get(request.param)
    except RuntimeError as error:
        pytest.skip(str(error))
    return request.param


@pytest.mark.slow
def test_an_engine_gives_the_same_numbers(engine, reference, tmp_path):
    messages = run(engine, grid(), tmp_path)
    assert metrics(tmp_path) == metrics(reference[0])
    for event in ("start", "done"):
        assert [kind for kind, _, _ in messages].count(event) == 4


@pytest.mark.slow
def test_an_engine_ends_its_runs_when_it_is_closed(engine, tmp_path):
    with closing(engines.get(engine)(grid(["dann"], 1, LONGER), tmp_path, 1, set())) as messages:
        assert next(messages)[0] == "start"
        wait_for(lambda: pid_at_work(tmp_path))
    wait_for(lambda: pid_at_work(tmp_path) is None)
    assert read_results(tmp_path) == []


@pytest.mark.slow
def test_ray_tries_a_killed_task_again(tmp_path):
    pytest.importorskip("ray")
    import psutil

    with closing(engines.get("ray")(grid(["dann"], 1, LONGER), tmp_path, 1, set())) as told:
        assert next(told)[0] == "start"
        killed = wait_for(lambda: pid_at_work(tmp_path))
        psutil.Process(killed).kill()
        assert [value["status"] for kind, _, value in told if kind == "done"] == ["ok"]
    assert pid_at_work(tmp_path) is None


def pid_at_work(out):
    """Of the process that holds a run's claim, if one does."""
    for path in out.glob("runs/*/*/*/.claim"):
        inode = path.stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            if "FLOCK" in line and line.split()[-3].endswith(f":{inode}"):
                return int(line.split()[-4])
    return None


def wait_for(condition, seconds=300):
    """The first true value of a condition; a busy machine takes a minute to import torch."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


LOADERS = {"num_workers": 1}
"""A process that reads the data: the worker that carries out the run has to start it."""


def test_a_run_reads_its_data_by_processes_of_its_own(tmp_path, reference):
    run("local", grid(overrides=merge(QUICK, {"data": {"init_args": LOADERS}})), tmp_path)
    assert metrics(tmp_path) == metrics(reference[0])


@pytest.mark.parametrize(
    "loaders",
    [pytest.param({}, id="alone"),
     pytest.param(LOADERS, id="with loaders", marks=pytest.mark.slow)],
)  # fmt: skip
def test_a_killed_worker_costs_one_try(tmp_path, capsys, loaders):
    long = merge(LONG, {"data": {"init_args": loaders}})
    told = engines.get("local")(grid(["dann"], 1, long), tmp_path, 1, set())
    for kind, _, _ in told:
        if kind == "progress":
            os.kill(mp.active_children()[0].pid, signal.SIGKILL)
            break
    ends = [value for kind, _, value in told if kind == "done"]
    assert [row["status"] for row in ends] == ["ok"]
    lost = next(tmp_path.glob("runs/*/*/*/lost.txt")).read_text()
    assert "exit code -9" in lost
    assert "lost: runs/moons/dann" in capsys.readouterr().err


def test_a_run_lost_twice_is_recorded_as_failed_and_the_others_go_on(tmp_path):
    first, second = grid(["dann"], 2, LONG)
    told, kills, ends = engines.get("local")([first, second], tmp_path, 1, set()), 0, {}
    for kind, job, value in told:
        if kind == "progress" and job.identity == first.identity and kills < 2:
            own = mp.active_children()
            os.kill(own[-1].pid, signal.SIGKILL)
            kills += 1
            wait_for(lambda own=own: not own[-1].is_alive())
        elif kind == "done":
            ends[job.identity] = value
    assert ends[second.identity]["status"] == "ok"
    row = read_result(tmp_path / first.folder / "result.json")
    assert row["status"] == "failed"
    assert "lost twice" in row["error"]
    assert "exit code -9" in row["error"]


def fake(identity, start_from=None):
    plan = Plan("moons", "dann", "0", "20", 0)
    return Job(plan, {}, identity * 10, start_from)


def test_a_run_waits_for_the_one_it_starts_from(tmp_path):
    first = fake("a")
    schedule = Schedule([fake("b", first), first, fake("c")], tmp_path, set())
    assert schedule.ready().identity == first.identity
    assert schedule.ready().identity == fake("c").identity
    assert schedule.ready() is None
    schedule.settle(first, {"status": "ok"})
    assert schedule.ready().identity == fake("b").identity


def test_what_starts_from_a_failed_run_is_recorded_down_the_line(tmp_path):
    first = fake("a")
    second = fake("b", first)
    schedule = Schedule([first, second, fake("c", second)], tmp_path, set())
    schedule.settle(schedule.ready(), {"status": "failed"})
    told = list(schedule.blocked())
    assert [job.identity[0] for _, job, _ in told] == ["b", "c"]
    assert all("starts from failed" in row["error"] for _, _, row in told)
    assert len(read_results(tmp_path)) == 2
    assert schedule.ready() is None


def test_a_prerequisite_that_nobody_runs_is_not_waited_for(tmp_path):
    told = run("local", [fake("b", fake("a"))], tmp_path)
    assert [(kind, value["status"]) for kind, _, value in told] == [("done", "failed")]


def test_a_second_driver_says_so_and_exits_with_2(tmp_path):
    with lock(tmp_path):
        with pytest.raises(StoreError, match=f"process {os.getpid()} .*is at work"):
            run("local", grid(), tmp_path)
        done = subprocess.run(
            [sys.executable, "-m", "da_bench", "compare", *ENDLESS, "--out", str(tmp_path)],
            capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 2
    assert "is at work" in done.stderr
    assert "Traceback" not in done.stderr
    with lock(tmp_path):  # free again
        pass


def test_what_another_driver_finished_meanwhile_is_not_done_again(tmp_path):
    made = grid(["source_only"], 1)
    write_result(tmp_path / made[0].folder, stored.row(identity=made[0].identity))
    assert [kind for kind, _, _ in run("local", made, tmp_path)] == ["done"]
    assert "versions" not in read_results(tmp_path)[0]


def test_a_claimed_run_is_waited_for_and_its_row_is_taken(tmp_path):
    job = grid(["source_only"], 1)[0]
    folder, rows = tmp_path / job.folder, []
    folder.mkdir(parents=True)
    with (folder / ".claim").open("a") as held:  # as a SLURM job of a dead driver does
        fcntl.flock(held, fcntl.LOCK_EX)
        waiter = threading.Thread(target=lambda: rows.append(carry(job, tmp_path)))
        waiter.start()
        time.sleep(0.5)
        assert rows == []
        write_result(folder, stored.row(identity=job.identity, mine=True))
    waiter.join(30)
    assert rows[0]["mine"]
    assert not (folder / "model.ckpt").exists()


@pytest.mark.parametrize("text", ["", '{"schema": 1, "iden', "\udcff\udcfe"])
def test_a_truncated_row_counts_as_not_there(tmp_path, text):
    job = grid(["source_only"], 1)[0]
    folder = tmp_path / job.folder
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(text.encode(errors="surrogateescape"))
    (folder / ".result.1.part").write_text("half")
    assert finished_row(tmp_path, job) is None
    run("local", [job], tmp_path)
    assert finished_row(tmp_path, job)
    assert not list(folder.glob(".result.*"))


def test_a_row_that_cannot_be_written_is_told(tmp_path):
    job = grid(["source_only"], 1)[0]
    (tmp_path / job.folder).parent.mkdir(parents=True)
    (tmp_path / job.folder).write_text("a file in the place of the folder")
    (row,) = (value for kind, _, value in run("local", [job], tmp_path) if kind == "done")
    assert row["status"] == "failed"
    assert "could not write to its folder" in row["error"]
    with pytest.raises(StoreError, match="choose another folder"):
        run("local", [job], tmp_path / job.folder)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one MiB and how to mount it again."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(options):
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)])

    if os.geteuid() or mount("size=1m").returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield SimpleNamespace(path=disk, again=lambda options: mount(f"remount,{options}"))
    subprocess.run(["umount", str(disk)], check=True)


def fill(path):
    """Writes until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_costs_rows_and_leaves_none_half_written(small_disk, reference):
    ballast = small_disk.path / "ballast"
    with lock(small_disk.path):
        pass  # its file lies there already
    fill(ballast)
    drive = engines.get("local").engine  # past the lock: the disk is full in the middle of it
    ends = [v for kind, _, v in drive(grid(), small_disk.path, 2, set()) if kind == "done"]
    assert [row["status"] for row in ends] == ["failed"] * 4
    assert all("No space left" in row["error"] for row in ends)
    assert not list(small_disk.path.rglob("result.json"))
    assert not list(small_disk.path.rglob("*.part"))
    ballast.unlink()
    run("local", grid(), small_disk.path)
    assert metrics(small_disk.path) == metrics(reference[0])


@pytest.mark.slow
def test_a_read_only_folder_is_refused_and_survived(small_disk, reference):
    assert small_disk.again("ro").returncode == 0
    with pytest.raises(StoreError, match="Read-only"):
        run("local", grid(), small_disk.path)
    drive = engines.get("local").engine
    ends = [v for kind, _, v in drive(grid(), small_disk.path, 2, set()) if kind == "done"]
    assert all("Read-only" in row["error"] for row in ends)
    assert small_disk.again("rw").returncode == 0
    run("local", grid(), small_disk.path)
    assert metrics(small_disk.path) == metrics(reference[0])


def children(pid):
    """Processes below one, at any depth."""
    import psutil

    return psutil.Process(pid).children(recursive=True)


@pytest.mark.slow
@pytest.mark.parametrize("loaders", [0, 1])
@pytest.mark.parametrize(("how", "status"), [("SIGKILL", -9), ("SIGINT", 130)])
def test_a_driver_that_ends_leaves_no_process_and_whole_rows(
    tmp_path, how, status, loaders, request
):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of what a shell starts by "&"
        signal.signal(signal.SIGINT, signal.default_int_handler)
    driver = subprocess.Popen(
        [sys.executable, "-m", "da_bench", "compare", *ENDLESS,
         f"data.init_args.num_workers={loaders}", "--out", str(tmp_path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    request.addfinalizer(driver.kill)
    wait_for(lambda: pid_at_work(tmp_path), 60)
    forked = {1} if loaders else set()
    wait_for(lambda: forked <= {len(children(p.pid)) for p in children(driver.pid)}, 60)
    left = children(driver.pid)
    assert len(left) >= 2
    if how == "SIGINT":
        os.killpg(driver.pid, signal.SIGINT)  # as the terminal does: to all of them
    else:
        driver.kill()
    assert driver.wait(10) == status
    wait_for(lambda: not any(p.is_running() and p.status() != "zombie" for p in left), 10)
    for path in tmp_path.rglob("result.json"):
        json.loads(path.read_text())
    assert not [row for row in read_results(tmp_path) if row["epochs"] < 4000]
    with lock(tmp_path):
        pass


def test_names_and_options_are_checked():
    with pytest.raises(ValueError, match="choose one of local, ray, slurm"):
        engines.get("loca")
    with pytest.raises(ValueError, match="local takes no address"):
        engines.get("local", address="auto")
    with pytest.raises(ValueError, match="slurm takes no address: it takes gpus_per_run"):
        engines.get("slurm", address="auto")
    pytest.importorskip("ray")
    with pytest.raises(ValueError, match="give 0 or more"):
        engines.get("ray", gpus_per_run=-1)


@pytest.mark.parametrize("address", [None, "auto"])
def test_what_ray_is_waited_for_is_said_before_the_wait(address, tmp_path, monkeypatch, capsys):
    ray = pytest.importorskip("ray")
    said = []

    def init(**options):
        said.append(capsys.readouterr().err)
        raise RuntimeError("no further")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(RuntimeError, match="no further"):
        run("ray", grid(seeds=1), tmp_path, address=address)
    place = "Ray to start here" if address is None else "the Ray cluster at auto"
    assert said == [f"Waiting for {place}, then for its workers to import torch\n"]


def test_what_slurm_is_waited_for_is_said_before_the_wait(tmp_path, monkeypatch, capsys):
    said = []

    def cancel(name, wait=True):
        said.append(capsys.readouterr().err)
        raise RuntimeError("no further")

    monkeypatch.setattr(slurm, "cancel", cancel)
    engine = object.__new__(slurm.SlurmEngine)  # there may be no SLURM on this machine
    with pytest.raises(RuntimeError, match="no further"):
        list(engine(grid(seeds=2), tmp_path, 1, set()))
    name = slurm.job_name(tmp_path)
    assert said[0] == f"Waiting for SLURM to start the runs; see squeue --name={name}\n"


def test_no_ray_cluster_at_an_address_is_told(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(RuntimeError, match="no Ray cluster answers there"):
        run("ray", grid(["source_only"], 1), tmp_path, address="127.0.0.1:1")


def test_a_class_of_the_script_itself_is_refused_before_any_run(tmp_path, monkeypatch):
    """Workers do not run the caller's script, so they would know nothing of it."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("model: {init_args: {optimizer: {schedule: __main__.mine}}}\nbased_on: dann")

    def schedule(progress):
        return 1.0

    schedule.__module__, schedule.__qualname__ = "__main__", "mine"
    monkeypatch.setattr(sys.modules["__main__"], "mine", schedule, raising=False)
    with pytest.raises(ValueError, match=r"__main__\.mine is defined in the script"):
        jobs(plans(["moons"], [str(mine)], ["0:20"], 1), QUICK)
