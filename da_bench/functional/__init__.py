"""Pure functions, tensors in and tensors out: they import torch and know of nothing else here."""

from .adversarial import (
    domain_loss,
    grad_reverse,
    gradient_penalty,
    multilinear_map,
    random_multilinear_map,
    source_importance,
)
from .aligners import coral_map, subspace_alignment
from .augmentation import strong_view, weak_view
from .class_conditional import cdd, indicators, lmmd2
from .clustering import spherical_kmeans
from .convergence import NotConverged, counted_warnings
from .discrepancy import cmd, coral, mmd2
from .disparity import classifier_discrepancy, margin_disparity
from .divergence import h_divergence, proxy_a_distance
from .entropy import entropy, entropy_weights
from .feature_size import afn, bsp, hard_afn
from .held_out import accuracy_test, c2st, h_delta_h_divergence
from .joint import jmmd2
from .kernel_choice import mmd_power_test, power_criterion
from .kernels import (
    inverse_multiquadric,
    linear_kernel,
    median_distance,
    multi_rbf,
    rbf,
    squared_distance,
)
from .kmm import kmm, kmm_frank_wolfe, kmm_problem
from .label_shift import bbse, joint_counts, rlls
from .linear import LinearModel, logistic_regression
from .logme import logme
from .mmd_chunked import mmd2_chunked
from .moments import homm
from .permutation import energy_test, holm, mmd_test, permutation_test
from .predictions import bnm, information_maximisation, mcc, mean_entropy
from .qp import QPSolution, box_qp
from .ratio_density import gaussian, kde
from .ratio_divergence import chi_square_from_ratio, frechet_distance, kl_from_ratio
from .ratio_kliep import kliep
from .ratio_ulsif import rulsif, ulsif
from .record import Divergence, Score, jackknife
from .reweighting import effective_sample_size, logistic, nearest_neighbour, weighted_risk
from .schedules import constant, cosine, inverse_decay, late_ramp, linear_decay, linear_growth, ramp
from .self_training import (
    neighbour_loss,
    neighbour_predictions,
    pseudo_label_loss,
    self_ensembling_loss,
    sharpened,
)
from .transferability import h_score, leep, nce, transrate
from .transport import sinkhorn_divergence, sliced_wasserstein
from .virtual_adversarial import (
    kl_divergence,
    virtual_adversarial_loss,
    virtual_adversarial_perturbation,
)

__all__ = [
    "Divergence",
    "LinearModel",
    "NotConverged",
    "QPSolution",
    "Score",
    "accuracy_test",
    "afn",
    "bbse",
    "bnm",
    "box_qp",
    "bsp",
    "c2st",
    "cdd",
    "chi_square_from_ratio",
    "classifier_discrepancy",
    "cmd",
    "constant",
    "coral",
    "coral_map",
    "cosine",
    "counted_warnings",
    "domain_loss",
    "effective_sample_size",
    "energy_test",
    "entropy",
    "entropy_weights",
    "frechet_distance",
    "gaussian",
    "grad_reverse",
    "gradient_penalty",
    "h_delta_h_divergence",
    "h_divergence",
    "h_score",
    "hard_afn",
    "holm",
    "homm",
    "indicators",
    "information_maximisation",
    "inverse_decay",
    "inverse_multiquadric",
    "jackknife",
    "jmmd2",
    "joint_counts",
    "kde",
    "kl_divergence",
    "kl_from_ratio",
    "kliep",
    "kmm",
    "kmm_frank_wolfe",
    "kmm_problem",
    "late_ramp",
    "leep",
    "linear_decay",
    "linear_growth",
    "linear_kernel",
    "lmmd2",
    "logistic",
    "logistic_regression",
    "logme",
    "margin_disparity",
    "mcc",
    "mean_entropy",
    "median_distance",
    "mmd2",
    "mmd2_chunked",
    "mmd_power_test",
    "mmd_test",
    "multi_rbf",
    "multilinear_map",
    "nce",
    "nearest_neighbour",
    "neighbour_loss",
    "neighbour_predictions",
    "permutation_test",
    "power_criterion",
    "proxy_a_distance",
    "pseudo_label_loss",
    "ramp",
    "random_multilinear_map",
    "rbf",
    "rlls",
    "rulsif",
    "self_ensembling_loss",
    "sharpened",
    "sinkhorn_divergence",
    "sliced_wasserstein",
    "source_importance",
    "spherical_kmeans",
    "squared_distance",
    "strong_view",
    "subspace_alignment",
    "transrate",
    "ulsif",
    "virtual_adversarial_loss",
    "virtual_adversarial_perturbation",
    "weak_view",
    "weighted_risk",
]
