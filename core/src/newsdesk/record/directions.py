"""Which way a metric is better: known for the metrics and scorers of scikit-learn."""

from typing import Literal

Direction = Literal["higher", "lower"]
"""Which values are better."""

# scikit-learn 1.9, https://scikit-learn.org/stable/modules/model_evaluation.html: functions that end with
# _score are better when higher, those that end with _error, _loss or _deviance when lower. All scorers are
# better when higher; those of the second kind are negated, and their names begin with neg_. Names of older
# releases are kept, save for the scorer `max_error` (until 1.8): the function of that name is not negated.
_HIGHER = """
    accuracy accuracy-score adjusted-mutual-info-score adjusted-rand-score auc average-precision
    average-precision-score balanced-accuracy balanced-accuracy-score calinski-harabasz-score
    cohen-kappa-score completeness-score consensus-score d2-absolute-error-score d2-brier-score
    d2-log-loss-score d2-pinball-score d2-tweedie-score dcg-score explained-variance
    explained-variance-score f1 f1-macro f1-micro f1-samples f1-score f1-weighted fbeta-score
    fowlkes-mallows-score homogeneity-score jaccard jaccard-macro jaccard-micro jaccard-samples
    jaccard-score jaccard-weighted label-ranking-average-precision-score matthews-corrcoef
    mutual-info-score ndcg-score normalized-mutual-info-score positive-likelihood-ratio precision
    precision-macro precision-micro precision-samples precision-score precision-weighted r2 r2-score
    rand-score recall recall-macro recall-micro recall-samples recall-score recall-weighted roc-auc
    roc-auc-ovo roc-auc-ovo-weighted roc-auc-ovr roc-auc-ovr-weighted roc-auc-score silhouette-score
    top-k-accuracy top-k-accuracy-score v-measure-score
""".split()  # noqa: SIM905  (sixty names, one a line, hide what they are)
_LOWER = """
    brier-score-loss coverage-error davies-bouldin-score hamming-loss hinge-loss label-ranking-loss
    log-loss max-error mean-absolute-error mean-absolute-percentage-error mean-gamma-deviance
    mean-pinball-loss mean-poisson-deviance mean-squared-error mean-squared-log-error
    mean-tweedie-deviance median-absolute-error negative-likelihood-ratio root-mean-squared-error
    root-mean-squared-log-error zero-one-loss
""".split()  # noqa: SIM905  (the same)
_NEGATED = ["brier-score", *_LOWER]

_DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys(_HIGHER, "higher"),
    **dict.fromkeys(_LOWER, "lower"),
    **dict.fromkeys((f"neg-{name}" for name in _NEGATED), "higher"),
}


def better(metric: str) -> Direction | None:
    """Return which values of a metric are better; None if scikit-learn has no metric or scorer of that name.

    Args:
        metric: Its name in a record, `r2-score`, or in Python, `r2_score`.
    """
    return _DIRECTIONS.get(metric_name(metric))


def metric_name(metric: str) -> str:
    """Return a metric's name as gordo writes it into records: with `-` in place of `_`."""
    return metric.replace("_", "-")
