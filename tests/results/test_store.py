"""Files are written whole or not at all, and a folder has one driver."""

import json
import os

import pytest

from da_bench.io.files import open_whole, write_whole
from da_bench.results import store
from da_bench.results.other_code import made_by_other_code
from da_bench.results.store import (
    StoreError,
    check_writable,
    lock,
    read_result,
    read_results,
    write_result,
)
from tests.results.stored import row


def test_a_row_is_on_the_disk_before_its_name_and_its_name_too(tmp_path, monkeypatch):
    seen = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: seen.append(
        "folder" if os.path.isdir(f"/proc/self/fd/{fd}") else "file") or sync(fd))  # fmt: skip
    monkeypatch.setattr(os, "replace", lambda a, b: seen.append("rename") or replace(a, b))
    write_result(tmp_path / "run", {"identity": "x"})
    assert seen == ["file", "rename", "folder"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_row_that_fails_half_way_leaves_the_one_before(tmp_path, monkeypatch, step):
    write_result(tmp_path, {"identity": "first"})

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(OSError, match="No space"):
            write_result(tmp_path, {"identity": "second"})
    assert json.loads((tmp_path / "result.json").read_text())["identity"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_any_file_that_fails_half_way_leaves_the_one_before(tmp_path, error):
    path = tmp_path / "table.md"
    write_whole(path, "first")

    def interrupted():
        with open_whole(path) as file:
            file.write(b"sec")
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert path.read_text() == "first"
    assert [found.name for found in tmp_path.iterdir()] == ["table.md"]


def test_rows_come_in_the_order_of_their_folders(tmp_path):
    for name in ("b", "c", "a"):
        write_result(tmp_path / "runs" / "moons" / "dann" / name, row(identity=name))
    assert [row["identity"] for row in read_results(tmp_path)] == ["a", "b", "c"]


def test_a_look_whether_a_folder_can_be_written_leaves_nothing(tmp_path):
    check_writable(tmp_path)
    check_writable(tmp_path / "not" / "there")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_one_driver_at_a_time(tmp_path):
    says = f"process {os.getpid()} on"
    with lock(tmp_path), pytest.raises(StoreError, match=says), lock(tmp_path):
        pass
    with lock(tmp_path):  # free again
        pass


def test_the_lock_names_its_holder_alone(tmp_path):
    (tmp_path / ".lock").write_text("process 99999999999 on a machine with a very long name")
    with lock(tmp_path):
        text = (tmp_path / ".lock").read_text()
    assert text == f"process {os.getpid()} on {store.socket.gethostname()}"


def test_a_row_without_its_codes_digest_is_of_other_code(tmp_path):
    """As it was before the digest was stored, or where somebody took it out."""
    for number, code in enumerate((None, "")):
        folder = tmp_path / f"runs/bench/dann/{number}"
        write_result(folder, row(seed=number, code=code))
        stored = read_result(folder / "result.json")
        assert stored["code"] == ""
        assert made_by_other_code(stored)
