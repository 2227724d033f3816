"""DomainNet: 345 classes in six styles of picture, split by published lists."""

from pathlib import Path
from typing import Any

from da_bench.data.formats.image_files import Classes, read_list
from da_bench.io.places import places
from da_bench.published.registry import instructions

from .photos import Photos


class DomainNet(Photos):
    """345 classes, 586,575 images of the cleaned version, 30 % of each domain for test.

    Peng, Bai, Xia, Huang, Saenko and Wang, ICCV 2019: ``clipart``, ``infograph``, ``painting``,
    ``quickdraw``, ``real`` and ``sketch``. A domain is its two published lists,
    ``DOMAIN_train.txt`` and ``DOMAIN_test.txt``; a class is its number there.

    Args:
        source: Name of the labelled domain, or of several.
        target: Name of the target domain, or of several.
        **kwargs: What :class:`Photos` takes; ``val`` is cut from the training list.

    Raises:
        ValueError: ``test``, which is published, is asked for.
    """

    benchmark = "domainnet"
    reads_content = False

    def __init__(
        self,
        source: str | list[str] = "clipart",
        target: str | list[str] = "painting",
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        if self.test:
            raise ValueError(f"test={self.test}: DomainNet's test lists are published; leave it 0")

    def files(self, name: str) -> dict[str, Classes]:
        """Number of a class -> images of a domain, by split.

        Raises:
            FileNotFoundError: A list or its images are missing; says what to fetch and from where.
            ValueError: A number is not one of a class.
        """
        roots = [Path(self.root)] if self.root else places(self.benchmark)
        lists = [Path(self.lists)] if self.lists else roots
        lists_by_split = {}
        for split in ("train", "test"):
            path = next((folder / f"{name}_{split}.txt" for folder in lists
                         if (folder / f"{name}_{split}.txt").is_file()), None)  # fmt: skip
            root = next((image_root for image_root in roots if (image_root / name).is_dir()), None)
            if path is None or root is None:
                missing = f"{name}_{split}.txt" if path is None else f"the folder {name}"
                raise FileNotFoundError(f"{self.benchmark}: no {missing}. "
                                        + instructions(self.benchmark))  # fmt: skip
            lists_by_split[split] = read_list(path, root, by_folder=False)
        return self.check_files(name, lists_by_split)
