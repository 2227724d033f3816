"""A stored configuration writes into the folder of its run, whatever names and links say."""

import pytest

from da_bench.config.write_places import check_links, keep_inside, leads_out, leaves
from da_bench.io.files import Damaged

CSV = "lightning.pytorch.loggers.CSVLogger"


@pytest.mark.parametrize(
    "name", ["..", "../a", "a/../b", "/a", "C:\\a", "a\\..\\b", "~", "~root/a", "s3://a/b"]
)
def test_names_that_lead_out(name):
    assert leads_out(name)


@pytest.mark.parametrize("name", ["a", "a/b", "a..b", "version_0", "a~", ""])
def test_names_that_stay(name):
    assert not leads_out(name)


def test_a_path_leaves_a_folder_by_its_links_too(tmp_path):
    inside = tmp_path / "run"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path)
    assert not leaves(str(inside / "new" / "file"), inside)
    assert leaves(str(tmp_path / "running"), inside)  # no prefix of letters makes it inside
    assert leaves(str(inside / "link" / "file"), inside)


def test_loggers_write_into_the_folder(tmp_path, capsys):
    config = {"trainer": {"logger": {"class_path": CSV, "init_args": {"save_dir": "/elsewhere"}},
                          "default_root_dir": "/elsewhere"}, "seed_everything": 3}  # fmt: skip
    found = keep_inside(config, tmp_path)
    assert found["trainer"]["logger"]["init_args"]["save_dir"] == str(tmp_path)
    assert found["trainer"]["default_root_dir"] == str(tmp_path)
    assert found["seed_everything"] == 3
    assert "trainer.logger.save_dir: '/elsewhere'" in capsys.readouterr().err
    below = {"class_path": CSV, "init_args": {"save_dir": str(tmp_path / "logs")}}
    found = keep_inside({"trainer": {"logger": below}}, tmp_path)
    assert found["trainer"]["logger"]["init_args"]["save_dir"] == str(tmp_path / "logs")
    assert capsys.readouterr().err == ""
    with pytest.raises(ValueError, match=r"trainer\.logger\.name: '\.\./a' leads out"):
        keep_inside(
            {"trainer": {"logger": {"class_path": CSV, "init_args": {"name": "../a"}}}}, tmp_path
        )


def test_links_that_lead_out_are_refused_but_for_files_that_are_replaced(tmp_path):
    outside, run = tmp_path / "outside", tmp_path / "run"
    outside.mkdir()
    (run / "logs").mkdir(parents=True)
    (run / "inside").symlink_to(run / "logs")
    (outside / "file").touch()
    (run / "model.ckpt").symlink_to(outside / "file")
    check_links(run)
    link = run / "logs" / "model.ckpt"  # of this name, but none that is replaced there
    link.symlink_to(outside / "file")
    with pytest.raises(Damaged, match="is a link out of the folder"):
        check_links(run)
