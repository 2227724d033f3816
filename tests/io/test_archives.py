"""An archive is refused by what it declares, before anything of it is unpacked."""

import io
import lzma
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch

from da_bench.data.formats.read import read_file
from da_bench.io import archives
from da_bench.io.archives import array, arrays, checkpoint
from da_bench.io.files import Damaged
from da_bench.selection import outputs
from tests.results.stored import files, row, store


def member(array):
    """An array as it stands in an archive."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array))
    return buffer.getvalue()


def header(shape, kind="<f8"):
    """That of an array which is not there."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": kind, "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue()


def zipped(path, **entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, held in entries.items():
            file.writestr(f"{name}.npy", held)
    return path


def zeros(path, megabytes, names=("x",)):
    """Zeros in an archive of a thousandth of their size, written a piece at a time."""
    rows = megabytes * 2**20 // 8
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as file:
        for name in names:
            with file.open(f"{name}.npy", "w", force_zip64=True) as part:
                part.write(header((rows, 1)))
                for _ in range(megabytes):
                    part.write(bytes(2**20))
    return path


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """600 MB in 0.6."""
    return zeros(tmp_path_factory.mktemp("bomb") / "x.npz", 600)


def test_a_bomb_is_refused_by_its_declared_size(bomb):
    with pytest.raises(Damaged, match=r"would unpack to 600 MB from 0\.6 MB: do not use it"):
        arrays(bomb)
    with pytest.raises(ValueError, match="would unpack to 600 MB"):
        read_file(bomb)


def test_a_setting_lets_it_in(bomb, monkeypatch):
    monkeypatch.setenv(archives.LIMIT_VARIABLE, "700")
    assert arrays(bomb)["x"].nbytes == 600 * 2**20
    for wrong in ("much", "-1", "nan", "inf", "0", ""):
        monkeypatch.setenv(archives.LIMIT_VARIABLE, wrong)
        with pytest.raises(ValueError, match="DA_BENCH_LARGEST_MB"):
            arrays(bomb)


def test_what_is_large_on_disk_may_be_large(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "DEFAULT_LIMIT", 1000)
    x = np.random.default_rng(0).normal(size=(4000, 8))
    np.savez_compressed(tmp_path / "a.npz", x=x)
    assert np.array_equal(arrays(tmp_path / "a.npz")["x"], x)
    zipped(tmp_path / "b.npz", x=member(np.zeros(40_000)))
    with pytest.raises(Damaged, match="would unpack"):
        arrays(tmp_path / "b.npz")


def test_a_report_of_a_bomb_stays_small(bomb, tmp_path):
    folders = store(tmp_path, [row(), row("source_only")])
    for folder in folders:
        files(folder)
        (folder / "outputs.npz").symlink_to(bomb)
    limit = 3 * 2**30
    code = (
        "import sys; from da_bench.cli.main import main\n"
        "from da_bench.runs.resources import peak_memory\n"
        f"status = main(['report', {str(tmp_path)!r}])\n"
        f"status += main(['select', {str(tmp_path)!r}, '--by', 'entropy'])\n"
        f"assert peak_memory() < {limit}\n"
        "sys.exit(10 + status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 11, done.stderr  # the report is written, and nothing can be chosen
    assert "would unpack to 600 MB" in done.stderr


V1 = b"\x93NUMPY\x01\x00"
LIES = {
    "a header of too many rows": {"x": header((2**40,)) + bytes(80)},
    "a header of too few": {"x": header((1,)) + bytes(80)},
    "a header below nothing": {"x": header((-1, 2)) + bytes(80)},
    "a header of the future": {"x": b"\x93NUMPY\x09\x00" + bytes(80)},
    "no header": {"x": bytes(80)},
    "nothing": {"x": b""},
    "objects": {"x": header((1,), "|O") + b"\x80\x04N."},
    "an endless header": {"x": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + bytes(80)},
    "code in a header": {"x": V1 + struct.pack("<H", 20) + b"__import__('o')     "},
    "many dimensions": {"x": header((1,) * 100) + bytes(8)},
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_what_lies_is_refused(lie, tmp_path):
    path = zipped(tmp_path / "a.npz", **LIES[lie])
    with pytest.raises(Damaged, match=str(path)):
        arrays(path)
    alone = tmp_path / "a.npy"
    alone.write_bytes(LIES[lie]["x"])
    with pytest.raises(Damaged, match=str(alone)):
        array(alone)


def test_many_entries_are_refused_before_they_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        for number in range(archives.MAX_ENTRIES + 1):
            file.writestr(f"{number}.npy", b"")
    with pytest.raises(Damaged, match="holds 4,097 entries"):
        arrays(tmp_path / "a.npz")


def test_a_directory_that_lies_about_a_size(tmp_path):
    path = zipped(tmp_path / "a.npz", x=member(np.zeros(2_000_000)))
    held = bytearray(path.read_bytes())
    place = held.rfind(b"PK\x01\x02")
    held[place + 24 : place + 28] = struct.pack("<I", 208)  # bytes when unpacked
    path.write_bytes(held)
    with pytest.raises(Damaged, match=r"a\.npz"):
        arrays(path)


def test_an_entry_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a", "w") as file:
        file.writestr("x.npy", member([1.0]))
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("x.npy", member([2.0]))
    with pytest.raises(Damaged, match="an entry twice"):
        arrays(tmp_path / "a")


def test_outputs_of_more_samples_than_a_run_keeps(tmp_path):
    n = outputs.MAX_SAMPLES + 1
    parts = {name: np.zeros((n, 1), np.float16) for name in outputs.Outputs._fields}
    np.savez_compressed(tmp_path / outputs.OUTPUTS_FILE, **parts)
    with pytest.raises(Damaged, match="10,001 samples"):
        outputs.read(tmp_path)


@pytest.mark.parametrize(
    "wrong", [np.array(["a"] * 3), np.zeros(()), np.zeros((2, 1)), np.zeros(3, "M8[s]")]
)
def test_outputs_of_other_kinds_and_lengths(wrong, tmp_path):
    parts = {name: np.zeros((3, 1), np.float32) for name in outputs.Outputs._fields}
    np.savez(tmp_path / outputs.OUTPUTS_FILE, **(parts | {"target_logits": wrong}))
    with pytest.raises(Damaged, match="holds target_logits"):
        outputs.read(tmp_path)


def test_a_checkpoint_is_no_compressed_archive(tmp_path):
    torch.save({"state_dict": {"a": torch.zeros(200_000)}}, tmp_path / "a.ckpt")
    old = zipfile.ZipFile(tmp_path / "a.ckpt")
    with old, zipfile.ZipFile(tmp_path / "b.ckpt", "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    assert checkpoint(tmp_path / "a.ckpt")["state_dict"]["a"].shape == (200_000,)
    with pytest.raises(Damaged, match="compressed archive"):
        checkpoint(tmp_path / "b.ckpt")


def test_a_tensor_that_is_larger_than_what_is_stored(tmp_path):
    torch.save({"state_dict": {"a": torch.zeros(1).expand(2**34)}}, tmp_path / "a.ckpt")
    with pytest.raises(Damaged, match="would unpack to 65,536 MB"):
        checkpoint(tmp_path / "a.ckpt")


def test_weights_in_xz_are_bounded_too(tmp_path, monkeypatch):
    from da_bench.networks.torchvision import local_state

    monkeypatch.setattr(archives, "DEFAULT_LIMIT", 10_000)
    (tmp_path / "w.pth.xz").write_bytes(lzma.compress(bytes(10**6)))
    with pytest.raises(Damaged, match="would unpack"):
        local_state(str(tmp_path / "w.pth.xz"))


def test_arrays_of_numpy_in_a_file_of_torch_are_named(tmp_path):
    torch.save({"x": np.zeros((4, 2)), "y": np.arange(4)}, tmp_path / "a.pt")
    message = r"a\.pt holds arrays of numpy, which are no .*: save torch\.from_numpy\(array\)"
    with pytest.raises(Damaged, match=message):
        archives.weights_only(tmp_path / "a.pt")
