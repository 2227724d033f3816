"""Finished runs pushed: each once and whole, whatever was killed, and to no host when offline."""

import json
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import wandb

from da_bench.io import curves as io_curves
from da_bench.results.index import Index
from da_bench.results.query import condition
from da_bench.results.row import TWIN
from da_bench.results.store import StoreError, claim, lock, read_results, write_result
from da_bench.results.verify import verify
from da_bench.runs.tracking import ledger, push
from da_bench.runs.tracking.address import summary_figures
from da_bench.runs.tracking.session import Destination, NotLoggedIn, check, destination
from tests.results.stored import failed, row, store
from tests.runs.tracking import offline

TO = Destination("p", None, False)
FOUND = [{"name": "collapse", "level": "warning", "step": 10, "evidence": "e", "remedy": "r"}]


def filled(out, seeds=2):
    """Runs of two methods with their curves, one of them diagnosed, and one that failed."""
    rows = [row(m, seed=s, score=0.5 + 0.1 * s, status="ok") for m in (TWIN, "dann")
            for s in range(seeds)]  # fmt: skip
    rows[-1] |= {"diagnosis": "collapse", "diagnoses": FOUND, "val/source_risk": float("nan")}
    rows.append(failed("dan"))
    for folder, one in zip(store(out, rows), rows, strict=True):
        (folder / "config.yaml").write_text(
            f"seed_everything: {one['seed']}\ntrainer: {{max_epochs: 2, logger: false}}\n"
            "model: {class_path: m, init_args: {weight: 0.5}}\n"
        )
        if one["status"] == "ok":
            (folder / io_curves.CURVES_FILE).write_text(
                io_curves.HEADER + "".join(
                    f"{e},{5 * e + 5},{n},{v}\n" for e in (0, 1)
                    for n, v in (("train/source_risk", 0.5 - e / 4), ("val/source", 0.8 + e / 10))
                )
            )  # fmt: skip
    return rows


@pytest.fixture
def out(tmp_path):
    filled(tmp_path)
    return tmp_path


def train(out):
    return {one["id"]: one for one in offline.runs(out) if one["job"] == "train"}


def test_every_run_is_read_back_whole(out):
    found = push.push(out, TO)
    assert (found.sent, found.known, found.table, found.left) == (5, 0, True, {})
    held, rows = train(out), read_results(out)
    assert len(held) == len(rows) == 5
    for one in rows:
        sent = held[one["identity"][:16]]
        for name, value in summary_figures(one).items():
            gone = value is None or value != value  # JSON knows no NaN
            assert sent["summary"][name] == (None if gone else value), name
        assert sent["config"]["model"] == {"class_path": "m", "init_args": {"weight": 0.5}}
        assert sent["config"]["seed_everything"] == sent["config"]["seed"] == one["seed"]
        assert sent["project"] == "p"
        ok = one["status"] == "ok"
        assert sent["exit"] == [0 if ok else 1]
        assert offline.curve(sent, "train/source_risk") == ([(5, 0.5), (10, 0.25)] if ok else [])
        assert offline.curve(sent, "val/source") == ([(5, 0.8), (10, 0.9)] if ok else [])
        sick = one.get("diagnosis") == "collapse"
        assert offline.curve(sent, "health/collapse") == ([(10, 1.0)] if sick else [])
        assert ("collapse (warning, step 10): e; r" in sent["notes"]) == sick
    assert not offline.processes(os.getpid())


def test_the_table_is_sent_and_versioned_where_it_changed(out):
    push.push(out, TO)
    (page,) = [one for one in offline.runs(out) if one["job"] == "comparison"]
    (artifact,) = [one for one in page["artifacts"] if one["type"] == "results"]
    held = {one["path"]: Path(one["local_path"]) for one in artifact["manifest"]["contents"]}
    assert set(held) == {"results.csv", "table.md"}
    assert all(path.is_relative_to(out) for path in held.values())
    assert "| dann |" in held["table.md"].read_text().replace("source_only | ", "")
    lines = held["results.csv"].read_text().splitlines()
    assert len(lines) == 6
    media = [name for item in page["history"] for name in item if name.endswith(".path")]
    tables = {name: json.loads(next(out.glob(f"wandb/*/files/{item[name]}")).read_text())
              for item in page["history"] for name in media if name in item}  # fmt: skip
    cells = tables["comparison/cells.path"]
    mean = dict(zip(cells["columns"], next(r for r in cells["data"] if "dann" in r), strict=True))
    assert mean["mean"] == pytest.approx(0.55)
    assert mean["gain"] == 0.0
    assert len(tables["comparison/runs.path"]["data"]) == 5
    assert not push.push(out, TO).table
    store(out, [row("dan", seed=1)])
    again = push.push(out, TO)
    assert (again.sent, again.known, again.table) == (1, 5, True)
    assert [one["id"] for one in offline.runs(out) if one["job"] == "comparison"] == [page["id"]]


def test_twice_is_once_and_what_changed_goes_anew(out):
    push.push(out, TO)
    before = offline.files(out)
    again = push.push(out, TO)
    assert (again.sent, again.known, again.table) == (0, 5, False)
    assert offline.files(out) == before
    one = read_results(out)[0]
    write_result(out / one.pop("folder"), one | {"val/source": 0.123})
    assert push.push(out, TO).sent == 1
    assert len(train(out)) == len(offline.files(out)) - 1 == 5  # and the table's
    assert train(out)[one["identity"][:16]]["summary"]["val/source"] == 0.123
    assert push.push(out, Destination("other", None, False)).sent == 5
    with Index(out) as index:  # the ledger is no fault of a run
        faults = [f for _, f in verify(out, index.rows(), index.faults())[0]]
    assert not [f for f in faults if "wandb" in f]


def test_conditions_choose(out):
    found = push.push(out, TO, [condition("method=dann"), condition("seed=1")])
    assert (found.sent, len(train(out)), found.table) == (1, 1, True)
    asked = []
    found = push.push(out, TO, [condition("method=dann")], draw_figures=lambda rows, written: (
        asked.extend((row["method"], row["seed"], row["folder"] in written) for row in rows) or {}
    ))  # fmt: skip
    assert (found.sent, found.known) == (1, 1)
    assert asked == [("dann", 0, True), ("dann", 1, True)]  # of all that went there
    (page,) = [one for one in offline.runs(out) if one["job"] == "comparison"]
    assert page["summary"]["runs"] == 2


def test_what_is_on_its_way_or_torn_is_left(out):
    rows = read_results(out)
    busy, torn = (out / one["folder"] for one in rows[:2])
    (torn / "result.json").write_text('{"schema": 1, "iden')
    with claim(busy):
        found = push.push(out, TO)
    assert found.sent == 3
    assert set(found.left) == {one["folder"] for one in rows[:2]}
    with lock(out / "wandb"), pytest.raises(StoreError, match="another da-bench"):
        push.push(out, TO)


def test_a_ledger_that_is_not_whole_counts_for_nothing(out):
    push.push(out, TO)
    folder = out / read_results(out)[0]["folder"]
    text = (folder / ledger.NAME).read_text()
    (folder / ledger.NAME).write_text(text[: len(text) // 2])
    assert push.push(out, TO).sent == 1
    assert len(offline.files(out)) == 6  # what lay there of that run has been replaced


def test_files_that_were_not_synced_do_not_stand_for_online(out):
    push.push(out, TO)
    online = Destination("p", None, True)
    one = read_results(out)[0]
    folder = out / one["folder"]
    what = ledger.content(one, folder)
    assert ledger.holds(folder, TO, what)
    assert not ledger.holds(folder, online, what)
    files = folder / ledger.read(folder)["/p"]["files"]
    next(files.glob("*.wandb")).with_suffix(".wandb.synced").write_text("")
    assert ledger.holds(folder, online, what)


def killed(out):
    """A push that is killed once the third run is finished for W&B, and not yet for the ledger."""
    add, count = ledger.add, [0]

    def counted(*args):
        count[0] += 1
        if count[0] == 3:
            offline.kill(os.getpid())
        add(*args)

    ledger.add = counted
    push.push(out, TO)


def test_a_killed_push_goes_on_and_doubles_nothing(out):
    assert offline.forked(killed, out) == -signal.SIGKILL
    assert len(read_results(out)) == 5
    again = push.push(out, TO)
    assert (again.sent, again.known) == (3, 2)
    held = [one["id"] for one in offline.runs(out)]
    assert len(held) == len(set(held)) == len(offline.files(out)) == 6


def test_wandb_that_dies_ends_the_push_and_the_next_goes_on(out, monkeypatch):
    history, count = push.history, [0]

    def dying(*args):
        count[0] += 1
        if count[0] == 2:
            offline.kill()
            time.sleep(0.2)
        return history(*args)

    monkeypatch.setattr(push, "history", dying)
    with pytest.raises(push.PushStopped, match="after 1 runs"):
        push.push(out, TO)
    again = push.push(out, TO)
    assert (again.sent, again.known) == (4, 1)
    assert len(train(out)) == 5


def local(self, address, connect=socket.socket.connect):
    """In the place of ``connect``: goes nowhere but to this machine."""
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        os._exit(3)
    return connect(self, address)


def held_back(out, to):
    socket.socket.connect = local
    assert push.push(out, to).sent == 5


def reached(out, to):
    """Exit code of a push, and what reached the proxy that W&B's own process goes by."""
    asked, over = [], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.1)

        def listen():
            while not over.is_set():
                with suppress(TimeoutError):
                    line, _ = trap.accept()
                    asked.append(line.recv(200))
                    line.close()

        thread = threading.Thread(target=listen)
        thread.start()
        here = f"http://127.0.0.1:{trap.getsockname()[1]}"
        proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "WANDB_BASE_URL"), here)
        code = offline.forked(held_back, out, to, WANDB_API_KEY="k" * 40, **proxies)
        over.set()
        thread.join()
    return code, asked


def test_offline_tries_no_network(out):
    assert reached(out, TO) == (0, [])


def test_online_without_a_key_is_told_before_anything(out, monkeypatch):
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_SILENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(out))
    wandb.teardown()
    with pytest.raises(NotLoggedIn, match="wandb login or set WANDB_API_KEY"):
        push.push(out, Destination("p", None, True))
    assert not (out / "wandb").exists()
    check(False)


def test_a_destination(monkeypatch):
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    monkeypatch.setenv("WANDB_ENTITY", "team")
    assert destination(None, None, False) == Destination("theirs", "team", False)
    assert destination("mine", "me", True) == Destination("mine", "me", True)
    with pytest.raises(ValueError, match="'a/b'"):
        destination("a/b", None, False)


def test_many_columns_and_odd_values_make_a_table():
    import pandas as pd

    from da_bench.runs.tracking.comparison import with_plain_types

    frame = pd.DataFrame(
        {
            "labels": [1, "all", None],
            "x": [0.5, np.nan, 1],
            "b": [True, None, False],
            "n": ["<b>", "日本", '"'],
        }
    )
    made = wandb.Table(dataframe=with_plain_types(frame))
    assert made.data[0] == ["1", 0.5, True, "<b>"]
    assert made.data[1] == ["all", None, None, "日本"]
