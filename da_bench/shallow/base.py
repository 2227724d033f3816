"""The one form of the closed-form methods: scikit-learn's, with the target beside the source."""

from typing import Any, Literal, NamedTuple, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    clone,
)
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from da_bench.functional.convergence import not_converged

Array = np.ndarray
Domain = Literal["source", "target"]


UNSTEADY = 0.01
"""Share of the target's guesses that may change in the last round."""


class Lesson(NamedTuple):
    """What the head learns from once the domains are aligned."""

    samples: Array
    """``(n, k)``."""
    labels: Array
    """Classes ``(n,)``, numbered from 0."""
    weights: Array | None = None
    """``(n,)``, where they are not all alike."""


def has_probabilities(estimator: "Shallow") -> bool:
    """Whether the head tells probabilities."""
    return hasattr(getattr(estimator, "head_", None) or estimator.own_head(), "predict_proba")


class Whole(NamedTuple):
    """A target that model selection hands on as it is: ``fit(X, y, target=Whole(target))``.

    scikit-learn (``GridSearchCV``, ``cross_val_score``, with metadata routing or without) cuts
    whatever has as many rows as ``X`` into the same folds; a tuple of one is longer or shorter than
    any. ``Pipeline(..., transform_input=["target"])`` puts what is in it through its steps.
    """

    samples: Any
    """``(m, d)``."""


class Shallow(
    ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin, BaseEstimator
):
    """Aligns a labelled source and an unlabelled target at once, then fits a classifier.

    All of these methods are transductive: :meth:`fit` sees every target sample that is to be
    predicted, without its label. Samples that it did not see are placed by the same map, or as the
    method says. Without a target the source is its own. Any number of classes from two.

    A method gives :meth:`align` and, where samples move, :meth:`place`; ``common`` says whether
    both domains lie in one space then. It keeps what :meth:`place` needs in arrays whose names end
    in an underscore, and nothing else: these are what a run stores.

    In a search or a cross-validation of scikit-learn give the target as :class:`Whole`, as its rows
    are none of the source's: bare, one of as many rows as ``X`` would be cut with it, so a clone
    refuses one. The folds are of the source: ``set_score_request(domain=True)`` and
    ``domain="source"`` score them as such. In a pipeline, earlier steps see ``X`` alone unless
    ``transform_input=["target"]`` says otherwise.

    Args:
        head: scikit-learn classifier for the aligned samples; None is the nearest neighbour.
    """

    common = True  # False where no map brings both domains to one space: the target alone teaches
    _cloned = False
    classes_: Array
    samples_: Array
    labels_: Array
    weights_: Array | None

    def __init__(self, head: BaseEstimator | None = None) -> None:
        self.head = head

    # What a method says.

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Fits the alignment to ``(n, d)``, classes ``(n,)`` numbered from 0 and ``(m, d)``."""
        return Lesson(source, y)

    def place(self, x: Array, domain: Domain) -> Array:
        """Samples ``(n, d)`` of one domain where the head takes them, ``(n, k)``."""
        return x

    # What scikit-learn asks.

    def fit(self, X: Any, y: Any, *, target: Any = None) -> Self:
        """Aligns and learns.

        Args:
            X: Source samples ``(n, d)``.
            y: Their classes ``(n,)``.
            target: Target samples ``(m, d)``, or :class:`Whole` of them; None takes the source's.

        Raises:
            ValueError: One class, fewer than two samples of a domain, widths differ, a number out
                of range, or this is a clone and the target has as many rows as ``X``: a fold's.
        """
        source, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(y)
        target_samples = source if target is None else self.whole(target, len(source))
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"the source has one class, {self.classes_[0]!r}: a classifier needs at least two"
            )
        self.samples_, self.labels_, self.weights_ = self.align(source, labels, target_samples)
        return self.teach()

    def whole(self, target: Any, n: int) -> Array:
        """Target samples ``(m, d)`` that are not the fold of another number of them."""
        if isinstance(target, tuple) and len(target) == 1:
            return self.checked(target[0], ensure_min_samples=2)
        samples = self.checked(target, ensure_min_samples=2)
        if self._cloned and len(samples) == n:
            raise ValueError(
                f"target and X have {n} rows each and this {type(self).__name__} is a clone, as of "
                "a search or a cross-validation, which cuts a target of as many rows as X into the "
                "same folds: give target=da_bench.shallow.Whole(target), which stays whole"
            )
        return samples

    def __sklearn_clone__(self) -> Self:
        twin = super().__sklearn_clone__()
        twin._cloned = True
        return twin

    def transform(self, X: Any, domain: Domain = "target") -> Array:
        """Samples ``(n, d)`` of one domain in the common space ``(n, k)``.

        ``set_output`` makes a DataFrame of them, with :meth:`get_feature_names_out` for columns.
        """
        return self.placed(X, domain)

    @property
    def _n_features_out(self) -> int:
        return int(self.samples_.shape[1])

    def placed(self, X: Any, domain: Domain) -> Array:
        """The array that :meth:`transform` makes, whatever ``set_output`` says."""
        check_is_fitted(self)
        if domain not in ("source", "target"):
            raise ValueError(f"domain={domain!r}: expected source or target")
        return self.place(self.checked(X), domain)

    def fit_transform(self, X: Any, y: Any, *, target: Any = None) -> Array:  # type: ignore[override]
        """Fits, and places the source ``(n, k)``; without a target, as scikit-learn does, X."""
        self.fit(X, y, target=target)
        return self.transform(X, "target" if target is None else "source")

    def predict(self, X: Any, domain: Domain = "target") -> Array:
        """Classes ``(n,)`` of samples of one domain."""
        return self.classify(self.placed(X, domain))

    @available_if(has_probabilities)
    def predict_proba(self, X: Any, domain: Domain = "target") -> Array:
        """Probabilities ``(n, k)`` of the classes, where the head tells them."""
        return self.probabilities(self.placed(X, domain))

    # What methods and stored runs use.

    def classify(self, z: Array) -> Array:
        """Classes ``(n,)`` of samples that :meth:`transform` placed."""
        return self.classes_[self.head_.predict(z)]

    @available_if(has_probabilities)
    def probabilities(self, z: Array) -> Array:
        """Probabilities ``(n, k)`` of the classes, of samples that :meth:`transform` placed."""
        known_probabilities = self.head_.predict_proba(z)
        shares = np.zeros((len(known_probabilities), len(self.classes_)))
        shares[:, self.head_.classes_] = known_probabilities
        return shares

    def score(self, X: Any, y: Any, sample_weight: Any = None, domain: Domain = "target") -> float:
        """Accuracy on samples ``(n, d)`` of one domain."""
        return float(accuracy_score(y, self.predict(X, domain), sample_weight=sample_weight))

    # What methods and stored runs use.

    def own_head(self) -> Any:
        """A fresh head."""
        # Brute force: a tree answers alike but for ties, and takes longer beyond 20 dimensions.
        nearest_neighbour = KNeighborsClassifier(1, algorithm="brute")
        return nearest_neighbour if self.head is None else clone(self.head)

    def teach(self) -> Self:
        """Fits the head to the aligned samples."""
        weights = {} if self.weights_ is None else {"sample_weight": self.weights_}
        self.head_ = self.own_head().fit(self.samples_, self.labels_, **weights)
        return self

    def guess(self, z: Array, y: Array, other: Array) -> Array:
        """Classes that a fresh head, fitted to ``z (n, k)`` and ``y``, gives ``other (m, k)``."""
        return self.own_head().fit(z, y).predict(other)

    def checked(self, x: Any, **options: Any) -> Array:
        """Samples as an array as wide as the source's."""
        return validate_data(self, x, dtype=np.float64, reset=False, **options)

    def state(self) -> dict[str, Array]:
        """The fitted arrays by name: with the constructor's arguments, all of the model."""
        check_is_fitted(self)
        fitted_arrays = {
            k: v for k, v in vars(self).items() if k.endswith("_") and isinstance(v, Array)
        }
        return fitted_arrays | {"n_features_in_": np.array(self.n_features_in_)}

    def restore(self, state: dict[str, Array]) -> Self:
        """Takes the fitted arrays of another and teaches the head anew."""
        self.weights_ = None
        for name, value in state.items():
            setattr(self, name, value if value.ndim else value.item())
        return self.teach()


def check_steady(estimator: Shallow, before: Array | None, guess: Array | None) -> None:
    """Warns where the last round changed guesses of the target's classes; one has none before."""
    changed_share = 0.0 if before is None or guess is None else float(np.mean(before != guess))
    if changed_share > UNSTEADY:
        not_converged(
            type(estimator).__name__,
            changed_share,
            "share of the target's guesses that still change",
            UNSTEADY,
            f"raise iterations, now {estimator.iterations}",
        )


def check_count(name: str, value: float, least: float = 1) -> None:
    """Raises ValueError where a number is below ``least``."""
    if not value >= least:
        raise ValueError(f"{name}={value}: it must be at least {least}")


def check_above(name: str, value: float) -> None:
    """Raises ValueError where a number is not above 0."""
    if not value > 0:
        raise ValueError(f"{name}={value}: it must be above 0")


def check_share(name: str, value: float) -> None:
    """Raises ValueError where a number does not lie in 0 to 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name}={value}: it must lie in 0 to 1")
