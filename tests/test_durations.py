"""The quick suite is made from recorded durations."""

from types import SimpleNamespace

from tests import durations


def item(nodeid, *fixtures):
    return SimpleNamespace(nodeid=nodeid, fixturenames=fixtures)


def test_a_long_function_keeps_its_first_case_where_that_is_quick():
    items = [item(n) for n in ("a.py::f[1]", "a.py::f[2]", "a.py::g[1]", "a.py::h", "a.py::new")]
    longest = {"a.py::f": 0.5, "a.py::g": 3.0}
    left_out = [one.nodeid for one in durations.long_items(items, longest)]
    assert left_out == ["a.py::f[2]", "a.py::g[1]"]


def test_what_needs_a_long_fixture_is_left_out():
    assert durations.LONG_FIXTURES
    for path, fixture in durations.LONG_FIXTURES:
        items = [item(f"{path}::f", fixture), item(f"{path}::g", "tmp_path")]
        assert list(durations.long_items(items, {})) == items[:1]
        text = (durations.FILE.parent.parent / path).read_text()
        assert f'@pytest.fixture(scope="module")\ndef {fixture}(' in text, (path, fixture)


def test_what_is_recorded_is_read_back(tmp_path):
    recorder = durations.Recorder(tmp_path / "durations.csv")
    for nodeid, duration in (("a.py::f[1]", 1.0), ("a.py::f[1]", 0.5), ("a.py::f[2]", 1.0),
                             ("a.py::g", 0.9)):  # fmt: skip
        recorder.pytest_runtest_logreport(SimpleNamespace(nodeid=nodeid, duration=duration))
    recorder.pytest_sessionfinish()
    assert durations.read(recorder.file) == {"a.py::f": 1.5}


def test_functions_of_the_file_exist():
    """Renamed tests would be quick again: the file is to be written anew."""
    folder = durations.FILE.parent
    for function in durations.read():
        path, _, name = function.rpartition("::")
        text = (folder.parent / path).read_text()
        assert f"def {name}(" in text, function
