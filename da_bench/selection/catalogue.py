"""Every validator by its name: where it stands, which way is better. Imports no torch."""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from da_bench.config.objects import nearest

if TYPE_CHECKING:
    from .outputs import Outputs


class UnknownValidator(ValueError):
    """A name that no validator has; the message names the nearest."""


class Validator(NamedTuple):
    """A validator: a score of a run's outputs that needs no target label."""

    name: str
    function: str
    """``file.function`` below ``da_bench.selection``."""
    higher: bool
    """Whether higher is better."""
    paper: str

    def __call__(self, outputs: "Outputs") -> float:
        """The score, higher for better: a risk is turned round.

        Raises:
            Undefined: It says nothing of these outputs.
        """
        from .outputs import Undefined

        for name, part in outputs._asdict().items():
            if not part.isfinite().all():
                raise Undefined(f"{name} is not finite: the run diverged")
        module, _, function = self.function.partition(".")
        score = getattr(import_module(f"{__package__}.{module}"), function)(outputs)
        return score if self.higher else -score


VALIDATORS = {
    one.name: one
    for one in (
        Validator("source_accuracy", "source.accuracy", True, "none"),
        Validator("source_risk", "source.risk", False, "none"),
        Validator("iwv", "importance.iwv", False, "Sugiyama et al., JMLR 2007"),
        Validator("dev", "importance.dev", False, "You et al., ICML 2019"),
        Validator("nearest_source", "neighbours.nearest_source", True, "none"),
        Validator("mmd", "neighbours.mmd", False, "Gretton et al., JMLR 2012"),
        Validator("entropy", "predictions.entropy", False, "Morerio et al., ICLR 2018"),
        Validator(
            "information_maximisation",
            "predictions.information_maximisation",
            True,
            "Shi and Sha, ICML 2012",
        ),
        Validator("bnm", "predictions.bnm", True, "Cui et al., CVPR 2020"),
        Validator("mcc", "predictions.mcc", False, "Jin et al., ECCV 2020"),
        Validator("snd", "neighbours.snd", True, "Saito et al., ICCV 2021"),
        Validator("class_ami", "clusters.class_ami", True, "Musgrave et al., 2022"),
        Validator("class_ss", "clusters.class_ss", True, "Musgrave et al., 2022"),
        Validator("last", "source.last", True, "none"),
    )
}


FROM_FOLDER = {
    "mixval": "two forward passes for each target sample of each run",
    "reverse_validation": "a second training of each run, about as long as its first",
}
"""What needs a run's folder, and what it costs; by :mod:`da_bench.runs.costly_validators`."""


def check(name: str) -> None:
    """Raises UnknownValidator where no validator has that name."""
    known_names = [*VALIDATORS, *FROM_FOLDER]
    if name not in known_names:
        oracle = "; oracle figures choose nothing" if name.startswith("oracle") else ""
        raise UnknownValidator(f"unknown validator {name!r}{oracle}{nearest(name, known_names)}")


def validator(name: str) -> Validator:
    """The validator of a run's outputs that has that name.

    Raises:
        UnknownValidator: No validator of outputs has that name.
    """
    check(name)
    if name in FROM_FOLDER:
        raise UnknownValidator(
            f"{name} needs more than a run's outputs ({FROM_FOLDER[name]}): da-bench select "
            f"FOLDER --by {name}"
        )
    return VALIDATORS[name]
