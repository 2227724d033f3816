"""Staged training: parts of a network held still, for ever or until an epoch of their own."""

from lightning.pytorch import Callback, LightningModule, Trainer

from da_bench.networks.hooks import batch_norms


class GradualUnfreezing(Callback):
    """Holds submodules until an epoch of their own; works with every method.

    A held part takes no gradient, and its batch norm and dropout behave as in evaluation. Howard
    and Ruder, "Universal language model fine-tuning", ACL 2018, section 3.3.

    Args:
        schedule: First epoch in which a submodule trains, by its name (``{"encoder": 3}``,
            ``{"encoder.layers.0": 5}``); None holds it for ever.

    Raises:
        ValueError: The model has no submodule of that name.
    """

    def __init__(self, schedule: dict[str, int | None]) -> None:
        self.schedule = schedule

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Checks the names before the first step."""
        names = [name for name, _ in pl_module.named_modules()]
        for name in self.schedule:
            if name not in names:
                raise ValueError(
                    f"GradualUnfreezing: the model has no part {name!r}; parts: {names[1:12]}"
                )

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Holds again what was held: a resume in mid-epoch begins without an epoch's start."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Holds or frees each part; a part inside another follows the deeper name."""
        for name in sorted(self.schedule, key=lambda name: name.count(".")):
            first_epoch = self.schedule[name]
            live = first_epoch is not None and trainer.current_epoch >= first_epoch
            pl_module.get_submodule(name).requires_grad_(live).train(live)
        if getattr(pl_module, "batch_norm", None) == "frozen":
            for layer in batch_norms(pl_module):
                layer.eval()
