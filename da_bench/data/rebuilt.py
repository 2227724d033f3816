"""The data module of a run, which its folder describes and no checkpoint."""

from typing import Any, NoReturn

from lightning.pytorch import LightningDataModule


class Rebuilt(LightningDataModule):
    """A data module that ``methods.stored_run.load_data`` makes anew from its run's folder."""

    @classmethod
    def load_from_checkpoint(cls, *args: Any, **kwargs: Any) -> NoReturn:  # type: ignore[override]
        """Raises always: Lightning would call the class with whatever the file holds.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            f"a checkpoint holds no {cls.__name__}: da_bench.methods.stored_run.load_data(FOLDER) "
            "makes the data of a run from its folder"
        )
