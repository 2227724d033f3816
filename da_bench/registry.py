"""Which files the benchmarks need, where they come from, and whether yours are whole; no torch."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from .spec import nearest


class Source(NamedTuple):
    """Files of one benchmark and where the public finds them."""

    files: dict[str, str]
    """Path below the data folder -> sha256."""
    url: str
    """Address of the folder that holds the files, by their last name."""
    licence: str
    reference: str
    mebibytes: float

    def address(self, path: str) -> str:
        """Where ``path`` is downloaded from."""
        return self.url + path.rpartition("/")[2]


def listed(folder: str, text: str) -> dict[str, str]:
    """Path -> sha256, of lines as ``sha256sum`` writes them inside ``folder``."""
    lines = (line.split() for line in text.strip().splitlines())
    return {f"{folder}/{name}": sha for sha, name in lines}


REGISTRY = {
    "amazon_reviews": Source(
        files=listed(
            "amazon_reviews",
            """
fe4605c7dcf0e0a9410fd2a32f247caaf9abb352cc6e4c3e0f400853163ad9c4  books_test.svmlight
317f9a2ec34b81de770b63a84d8c5cc2dc16bd0be6e079d2ff5b5bad5213ea19  books_train.svmlight
4fe1b1a15010f78d8d0c49fe362d35fd4677463a45f1ac02a9f410ae1e638060  dvd_test.svmlight
95f602aa08bf6b55758f7b0b18df3882fe30acb11987ee60b6b4bb3c44cba733  dvd_train.svmlight
641783bc941839c3a111d3488a1b7e3bd820a61ec14a129e7429b47703aa961d  electronics_test.svmlight
7d0061f03ff3827e4f8036b051b5e5828fddc0cd115aa5b212cd28d624dc14e4  electronics_train.svmlight
e1502b97a824eb12314be4447394fa736fecb781c0724e6529cd6733ac7ff6d8  kitchen_test.svmlight
a70b5ebfe1413e0e16280360905f5c3b64389c435cd20c0165dc9d7f293b31b5  kitchen_train.svmlight
""",
        ),
        url="https://raw.githubusercontent.com/"
        "GRAAL-Research/domain_adversarial_neural_network/master/data/",
        licence="BSD-style",
        reference="Chen et al., ICML 2012; the files of Ganin et al., JMLR 2016",
        mebibytes=12.5,
    ),
    "office_caltech": Source(
        files=listed(
            "office_caltech10_surf",
            """
4f9334c8ced489d5054de97a5fd51a61f017f3bcd1f38c9a85c6d78cb9d7bda5  Caltech10_SURF_L10.mat
df32548b994e18d364c99e1f317e1fae100597259f0423a41b90f4f68187bb1f  amazon_SURF_L10.mat
44d673c68e1d07b837893aa74dba3b986e4a6cc3fd66f0dd357683bdef059216  dslr_SURF_L10.mat
a6a9c78b4b7181dfbb58bcfd351d4ebd737f171c31247b8884948aa156d3f700  webcam_SURF_L10.mat
""",
        ),
        url="https://raw.githubusercontent.com/jindongwang/transferlearning/"
        "73cb050b7e8b969b9d0ebb04a9377aa033043eb2/code/BDA/data/",
        licence="for research",
        reference="Gong et al., CVPR 2012; the SURF features released with GFK",
        mebibytes=0.3,
    ),
}


class Checked(NamedTuple):
    """One file and how it stands: ``ok``, ``missing`` or ``corrupt``."""

    file: str
    status: str
    path: Path | None
    """Where it was found."""


def places(path: str) -> list[Path]:
    """Where a file may lie: below ``$DA_BENCH_DATA``, then in the download cache."""
    import pooch

    folders = [os.environ.get("DA_BENCH_DATA"), pooch.os_cache("da_bench")]
    return [Path(folder) / path for folder in folders if folder]


def sha256(path: Path) -> str:
    """Digest of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(paths: list[str], name: str) -> str:
    """One digest over the registered sha256 of some of a benchmark's files; reads none of them."""
    files = REGISTRY[name].files
    return hashlib.sha256("\n".join(f"{p} {files[p]}" for p in sorted(paths)).encode()).hexdigest()


def check(name: str) -> list[Checked]:
    """How each file of a benchmark stands on this machine.

    Raises:
        ValueError: No benchmark of that name has files.
    """
    found = []
    for file, expected in entry(name).files.items():
        path = next((p for p in places(file) if p.is_file()), None)
        status = "missing" if path is None else "ok" if sha256(path) == expected else "corrupt"
        found.append(Checked(file, status, path))
    return found


def entry(name: str) -> Source:
    """The registered files of a benchmark.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in REGISTRY:
        raise ValueError(f"no data set {name!r}{nearest(name, REGISTRY)}")
    return REGISTRY[name]


def command(action: str, name: str | None = None) -> int:
    """What ``da-bench data list|check|download [name]`` does; 1 where a file is not whole."""
    from .experiments import names, read

    if name in names("data") and name not in REGISTRY:
        module = read("data", name)["data"]["class_path"].split(".")[-2]
        if module not in REGISTRY:
            print(f"{name} needs no download")
            return 0
        name = module  # another protocol on the same files
    wanted = {n: entry(n) for n in ([name] if name else sorted(REGISTRY))}
    if action == "list":
        for n, source in wanted.items():
            print(f"{n}: {len(source.files)} files, {source.mebibytes:g} MiB, {source.licence}")
            print(f"  {source.reference}\n  {source.url}")
        return 0
    if action == "download":
        from .data.download import fetch

        for source in wanted.values():
            for path, expected in source.files.items():
                print(fetch(path, source.address(path), expected))
        return 0
    checked = [row for n in wanted for row in check(n)]
    for row in checked:
        print(f"{row.status:8} {row.file}" + (f"  ({row.path})" if row.path else ""))
    if any(row.status == "missing" for row in checked):
        print("get what is missing by: da-bench data download, or name its folder by DA_BENCH_DATA")
    return int(any(row.status != "ok" for row in checked))
