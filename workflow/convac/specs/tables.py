"""The tidy table that every experiment ends in: one row, one observation."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# What a column means, in the order in which columns stand; an experiment's labels follow `cell`.
COLUMNS = {
    "cell": "folder of the run, theory job or dataset that the row was observed in",
    "seed": "seed of the training run",
    "step": "training step",
    "phase": "of training when it was measured: untrained, training, trained; matched at a given loss; learnt: "
    "trained to a given accuracy; or label: no network, but the score behind the label",
    "moment": "training step at which it was measured",
    "rank": "Schmidt vectors that every bond was truncated to, or that the posterior keeps",
    "missing": "which pixels of the test images are missing: none, points, or rectangles",
    "rate": "share of the pixels that is missing",
    "imputation": "what is done about them: marginalised, or an imputation (zero, mean, neighbour); none without any",
    "level": "level of the network, 1 next to the input; 0 is the whole network",
    "partition": "partition of the sites that was measured",
    "condition": "images that composites are made of: conditioned (pixels in each half), unconditioned, within class",
    "engine": "entanglement engine that measured it",
    "label": "class: of an example image, or whose score was measured",
    "example": "number of the example image within its class",
    "site": "site of the image, row-major from 0",
    "quantity": "what was observed",
    "value": "the observation",
}
WHOLE = ("seed", "step", "moment", "rank", "level", "label", "example", "site")

# Quantities, units in brackets; shares lie between 0 and 1. Those of a network depend on its training where it was
# trained: another machine gives other values of the same distribution.
TRAINED = {
    "loss": "cross-entropy over training images; of a mixture model its objective [nats]",
    "train_accuracy": "accuracy on training images [share]",
    "test_accuracy": "accuracy on test images [share]",
    "validation_accuracy": "accuracy on the images that the rate was chosen by [share]",
    "learning_rate": "rate of the run, chosen on the validation images where several were tried [number]",
    "converged": "whether training had converged, by the rule of docs/verdicts.md [0 or 1]",
    "log_scale": "largest |log-scale| that the network carries at any level [nats]",
    "initial_log_scale": "largest |log-scale| at one level before training [nats]",
    "entropy": "entanglement entropy across the partition [nats]",
    "renyi2": "Rényi-2 entropy across the partition [nats]",
    "data_renyi2": "the same of an amplitude in the data's own basis, by Gram matrices of the sites [nats]",
    "geometric_measure": "1 − largest Schmidt probability [share]",
    "schmidt_number": "singular values above the relative tolerance [count]",
    "bond_entropy": "mean entropy of a level's bonds, the sites below against all others and the class [nats]",
    "largest_bond_entropy": "largest entropy of any bond [nats]",
    "cut_share": "entropy, or Rényi-2 where that alone is exact, over the logarithm of the min-cut [share]",
    "interaction_share": "interaction of both parts of an image in the log-odds, of all their variance [share]",
    "interaction_share_error": "jackknife standard error of the interaction share [share]",
    "posterior_entropy": "Schmidt entropy of the centred posterior between both parts, where it has settled [nats]",
    "posterior_entropy_error": "jackknife standard error of that entropy [nats]",
    "posterior_participation": "participation ratio of the centred posterior's Schmidt weights [count]",
    "matched_posterior_entropy": "entropy of the centred posterior at the temperature of equal confidence [nats]",
    "window_accuracy": "test accuracy of least squares on the counts of set pixels in the tree's windows [share]",
    "kept_accuracy": "accuracy on images whose posterior keeps its top Schmidt vectors, fitted on others [share]",
    "kept_whole_accuracy": "accuracy on the same images with all vectors: the network's own [share]",
    "kept_needed": "fewest vectors that lose at most 0.02 of it; S/4 + 1 where S images resolve too few [count]",
    "outside_share": "composites whose log-odds lie outside the central 99 % of real images' [share]",
    "truncated_accuracy": "test accuracy with every bond truncated to its top Schmidt vectors [share]",
    "full_accuracy": "test accuracy of the same network with every bond whole [share]",
    "knee_accuracy": "test accuracy that is still within 0.02 of the whole network's [share]",
    "knee": "fewest Schmidt vectors per bond that leave the accuracy within 0.02 of the whole network's [count]",
    "effective_rank": "exp of the largest bond entropy [count]",
    "rule_accuracy": "test accuracy with every bond truncated to that number, rounded up [share]",
    "missing_accuracy": "test accuracy with those pixels missing [share]",
    "expected_pixel": "what a mixture model expects of a missing one, given the known ones [share of the largest]",
    "sampled_pixel": "value of a pixel of an image drawn from a mixture model [share of the largest]",
    "smallest_width": "channels of every layer that reach the rank or error of one layer of D_0 [count]",
    "width_exponent": "exponent of D_0 in that width, at a number of layers [number]",
    "relative_error": "squared error on all inputs over the target's square, best of the restarts [share]",
    "model_constant": "the model's constant: ln κ of the root law, c of the shift or a of the growth [number]",
    "misfit": "root-mean-square of what a model leaves of the logarithm of that width [nats]",
}
# All others follow from the spec alone, and so do those above in a job that trains nothing: any machine gives them.
COMPUTED = {
    "additive_share": "interaction share of log-odds that are a sum over both parts [share]",
    "min_cut_log": "logarithm of the tensor network's min-cut, a bound on every entropy [nats]",
    "rank": "exact generic rank of the matricization [count]",
    "min_cut": "value of the min-cut, a bound on that rank [count]",
    "symmetric_min_cut": "the min-cut where weights are shared over positions, a smaller bound [count]",
    "bridge_rank": "what the bridge graph at the root predicts of that rank [count]",
    "dimension": "bond dimension of a node of the drawn network [count]",
    "is_cut": "whether the drawn min-cut goes through the node [0 or 1]",
    "is_inside": "whether the site of the drawn network belongs to I [0 or 1]",
    "epsilon_rank": "smallest rank within a relative distance ε in Frobenius norm [count]",
    "grid_rank": "numerical rank of a network's grid tensor, relative tolerance 1e-10 [count]",
    "is_low_rank": "whether that rank is at most half of the full one [0 or 1]",
    "rank_bound": "what a theorem says that the rank is at most [count]",
    "start_end_rank": "exact generic rank of the first half of the steps against the second [count]",
    "closed_form": "what a closed form says of the rank [count]",
    "trivial_bound": "what the sites of one side alone say that the rank is at most [count]",
    "proved_bound": "what a theorem says that the rank is at least [count]",
    "block_rank": "exact generic rank of a block of sites against the rest [count]",
    "predicted_rank": "the smaller of min-cut and distinguishable configurations, a bound on that rank [count]",
    "front_rank": "that rank by the front formula [count]",
    "entropy_share": "entropy over the logarithm of the exact rank [share]",
    "random_rank": "exact generic rank of a random network's random subset of sites [count]",
    "random_prediction": "what the prediction says of that rank [count]",
    "volume_parameters": "fewest weights with which half of the sites reaches the full rank [count]",
    "target_rank": "exact rank of a target function's matricization [count]",
    "rank_law": "what is known, or thought, of that rank [count]",
    "largest_entropy": "ln 2 for every site of the block, the most that its entropy can be [nats]",
    "true_share": "images that the target function is true on [share]",
    "control_entropy": "entropy of a random function that is true on as many images [nats]",
    "exponent": "exponent of the entropy in the block's sites over the four largest sizes [number]",
    "exponent_low": "lower end of that exponent's 95 % interval, from the scatter about a power law [number]",
    "exponent_high": "upper end of that interval [number]",
    "predicted_exponent": "what that exponent is in the limit [number]",
    "random_exponent": "the same exponent of a random function's entropy on the same blocks [number]",
    "data_entropy": "entropy of an image class's tensor from samples [nats]",
    "shuffled_entropy": "the same with the labels in random order [nats]",
    "sampling_error": "jackknife standard error of the entropy from samples [nats]",
    "sampling_bias": "jackknife bias of the entropy from samples [nats]",
    "sample_ceiling": "logarithm of the number of samples, the most that their entropy can be [nats]",
    "data_exponent": "exponent of the entropy from samples in the block's sites [number]",
    "entropy_before": "entropy of a variable before an activation; of a density differential, for ReLU in bins [nats]",
    "entropy_after": "its entropy after the activation [nats]",
    "share_at_zero": "probability that the variable isn't positive, so that ReLU makes it 0 [share]",
    "smallest_margin": "least excess of a statement's left side over its right side, of some mappings [nats or ratio]",
    "required_margin": "what that excess must reach for the statement to hold [nats or ratio]",
    "share_violated": "mappings that violate the statement [share]",
    "mappings": "mappings that the statement was tried on [count]",
    "input_entropy": "entropy H(X) of the inputs under a mixture model [nats]",
    "input_entropy_error": "standard error of its estimate from draws [nats]",
    "root_entropy": "entropy of the inputs given the state of the root, H(X|z) [nats]",
    "component_entropy": "sum over sites of the entropy given the site's state, Σ H(x_i|d_i) [nats]",
    "entropy_increase": "H(X) − Σ H(x_i|d_i) [nats]",
    "entropy_increase_error": "standard error of that; 0 where it is exact [nats]",
    "width_bound": "what the scaling law says that increase is at most, with C = ln r [nats]",
    "mapping_bound": "the same, with C the largest increase of any of the model's mappings [nats]",
    "site_bound": "N ln r, a smaller bound on that increase [nats]",
    "entropy_ratio": "H(X) / Σ H(x_i|d_i) [ratio]",
    "ratio_bound": "β to the power of the levels, β the largest ratio across any of the model's mappings [ratio]",
    "ratio_limit": "what the smaller bound says that the ratio is at most [ratio]",
    "mapping_increase": "largest increase of entropy across any mapping of the level, C [nats]",
    "mean_increase": "mean increase of entropy across the level's mappings [nats]",
    "mapping_ratio": "largest ratio of entropies across any mapping of the level, β [ratio]",
    "sampling_deviation": "distance of the entropy estimated from draws from the exact one [nats]",
    "sampling_limit": "four standard errors of that estimate [nats]",
    "log_likelihood": "mean ln P of the training images, per site [nats]",
    "test_log_likelihood": "mean ln P of the test images under the trained model, per site [nats]",
    "independent_log_likelihood": "the same when every pixel is independent of the others [nats]",
    "known_pixel": "value of a known pixel of an example image [share of the largest]",
    "root_width": "what the root law D_0^(1/layers) says of that width, rounded up for exact ranks [count]",
    "root_exponent": "what the root law says of that exponent, 1 / layers [number]",
    "front_width": "what the front formula says of that width [count]",
    "cut_width": "what the prediction of the rank says of that width [count]",
    "needed_weights": "weights of the network of that width [count]",
    "one_layer_weights": "weights of one layer of D_0 [count]",
    "pixel": "value of one pixel of an example image [share of the largest]",
    "train_images": "training images of the dataset [count]",
    "validation_images": "images that the rate was chosen by [count]",
    "test_images": "test images of the dataset [count]",
    "count_accuracy": "test accuracy of the Bayes rule on the number of set pixels alone [share]",
}
QUANTITIES = {**TRAINED, **COMPUTED}

# Chosen once for all seeds of a run, so that their agreement about it says nothing of its spread.
CHOSEN = ("learning_rate",)
# Rows of these phases stand at the moment at which training reached a loss, or an accuracy: the moment, and whether
# there is one, is a result of training, no label.
MATCHED, LEARNT = "matched", "learnt"
BY_CHANCE = (MATCHED, LEARNT)


def table_of(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table of observations, a row each; of none an empty one with the columns that every table has."""
    found = list(rows)
    empty = {"seed": pd.Series(dtype="int64"), "quantity": pd.Series(dtype=object), "value": pd.Series(dtype="float64")}
    return pd.DataFrame(found) if found else pd.DataFrame(empty)


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Columns in house order (labels after `cell`), whole numbers as integers, rows sorted: equal data, equal bytes."""
    labels = [column for column in table.columns if column not in COLUMNS]
    order = ["cell", *labels, *(column for column in COLUMNS if column in table.columns and column != "cell")]
    result = table[order].copy()
    for column in WHOLE:
        if column in result:
            result[column] = result[column].astype("Int64")
    for column in labels:
        result[column] = result[column].convert_dtypes()
    keys = [column for column in order if column != "value"]
    return result.sort_values(keys, kind="stable", na_position="first", ignore_index=True)
