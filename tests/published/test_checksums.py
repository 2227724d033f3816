"""Files with checksums: each digest is whole and named once, and small files here are theirs."""

import hashlib
import re
from pathlib import Path

from da_bench.published.checksums import FILES

SMALL = 4_000_000  # bytes that a test may hash


def everything():
    """Path and digest of each file, in each of its forms."""
    for source in FILES.values():
        yield from source.files.items()
        for form in source.forms.values():
            yield from form.items()


def test_digests_are_whole():
    for path, digest in everything():
        assert re.fullmatch(r"[0-9a-f]{64}|md5:[0-9a-f]{32}|", digest), path


def test_no_two_files_have_one_digest():
    digests = [digest for source in FILES.values() for digest in source.files.values() if digest]
    assert len(digests) == len(set(digests))


def test_small_files_are_those_that_were_published(data_folder):
    digests = {}
    for path, digest in everything():
        digests.setdefault(path, set()).add(digest)
    small = [file for file in (Path(data_folder, path) for path in digests)
             if file.is_file() and file.stat().st_size < SMALL]  # fmt: skip
    assert len(small) >= 5
    for file in small:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        assert found in digests[file.relative_to(data_folder).as_posix()], file
