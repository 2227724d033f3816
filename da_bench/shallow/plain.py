"""No adaptation: the classifier alone, on the source as it is."""

from .base import Shallow


class Plain(Shallow):
    """The source-only twin of every method here: the head on raw samples.

    With the default head 1-NN (Cover and Hart, IEEE Transactions on Information Theory 1967); with
    ``sklearn.neighbors.NearestCentroid`` the nearest class mean; with ``sklearn.svm.SVC`` an SVM.

    Args:
        head: scikit-learn classifier; None is the nearest neighbour.
    """
