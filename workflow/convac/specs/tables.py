"""The tidy table that every experiment ends in: one row, one observation."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# What a column means, in the order of the columns; an experiment's labels follow `cell`.
COLUMNS = {
    "cell": "folder of the run, theory job or dataset that the row belongs to",
    "seed": "seed of the training run",
    "step": "training step",
    "phase": "phase of training in which the network was measured: untrained, training, trained, matched (at a given "
    "loss) or learnt (trained to a given accuracy); label: no network, but the score behind the label; baseline: "
    "a fit without training",
    "moment": "training step at which the network was measured",
    "rank": "number of Schmidt vectors that every bond, or the posterior, keeps",
    "missing": "which pixels of the test images are missing: none, points, or rectangles",
    "rate": "fraction of the pixels that are missing",
    "imputation": "how missing pixels are handled: marginalised, mask channel, or an imputation (zero, mean, "
    "neighbour); none if no pixels are missing",
    "level": "level of the network, 1 next to the input; 0 is the whole network",
    "partition": "partition of the sites that was measured",
    "condition": "images that composites are made of: conditioned (pixels in each half), unconditioned, within class",
    "engine": "entanglement engine that computed the value",
    "label": "class of an example image, or class whose score was measured",
    "example": "number of the example image within its class",
    "site": "site of the image, row-major from 0; step of a sequence, from 0",
    "quantity": "what was observed",
    "value": "the observation",
}
KEYS = ("cell", "quantity", "value")  # columns of every table, be it empty
WHOLE = ("seed", "step", "moment", "rank", "level", "label", "example", "site")

# Quantities, units in brackets; fractions lie between 0 and 1. Those of a network depend on its training where it was
# trained: another machine gives other values of the same distribution.
TRAINED = {
    "loss": "cross-entropy on training images; for a mixture model, its objective [nats]",
    "train_accuracy": "accuracy on training images [fraction]",
    "test_accuracy": "accuracy on test images [fraction]",
    "validation_accuracy": "accuracy on the validation images, by which the learning rate was chosen [fraction]",
    "learning_rate": "learning rate of the run, chosen on the validation images if several were tried [number]",
    "converged": "whether training had converged, by the rule of docs/verdicts.md [0 or 1]",
    "log_scale": "largest |log-scale| at any level of the network [nats]",
    "initial_log_scale": "largest |log-scale| at a level before training [nats]",
    "entropy": "entanglement entropy across the partition [nats]",
    "renyi2": "Rényi-2 entropy across the partition [nats]",
    "data_renyi2": "Rényi-2 entropy across the partition, under the data's marginal of each site [nats]",
    "geometric_measure": "1 − largest Schmidt probability [fraction]",
    "schmidt_number": "singular values above the relative tolerance [count]",
    "bond_entropy": "mean entropy of a level's bonds, the sites below against all others and the class [nats]",
    "largest_bond_entropy": "largest entropy of any bond [nats]",
    "cut_share": "entropy (Rényi-2 if only that is exact) divided by the logarithm of the min-cut [fraction]",
    "interaction_share": "variance of the log-odds that two parts of an image contribute only together [fraction]",
    "interaction_share_error": "jackknife standard error of the interaction share [fraction]",
    "posterior_entropy": "Schmidt entropy of the centred posterior between two parts of an image, if settled [nats]",
    "posterior_entropy_error": "jackknife standard error of the posterior entropy [nats]",
    "posterior_participation": "participation ratio of the centred posterior's Schmidt weights [count]",
    "matched_posterior_entropy": "entropy of the centred posterior at the temperature of equal confidence [nats]",
    "window_accuracy": "test accuracy of least squares on the counts of set pixels in the tree's windows [fraction]",
    "least_squares_accuracy": "test accuracy of least squares on the pixels [fraction]",
    "least_squares_train_accuracy": "accuracy of least squares on the pixels that it was fitted to [fraction]",
    "bayes_accuracy": "test accuracy of the rule that knows how sequences and labels were drawn [fraction]",
    "additive_accuracy": "test accuracy of least squares on the numbers of alike pairs of each kind [fraction]",
    "kept_accuracy": "accuracy if the posterior keeps only its top Schmidt vectors, fitted on other images [fraction]",
    "kept_whole_accuracy": "accuracy of the whole network on the images of kept_accuracy [fraction]",
    "kept_needed": "fewest Schmidt vectors within 0.02 of the whole accuracy; S/4 + 1 if S images are too few [count]",
    "outside_share": "composites whose log-odds lie outside the central 99 % of those of real images [fraction]",
    "truncated_accuracy": "test accuracy with every bond truncated to its top Schmidt vectors [fraction]",
    "full_accuracy": "test accuracy of a trained network with no bond truncated [fraction]",
    "knee_accuracy": "the whole network's test accuracy less 0.02 [fraction]",
    "knee": "fewest Schmidt vectors per bond that leave the accuracy within 0.02 of the whole network's [count]",
    "effective_rank": "exp of the largest bond entropy [count]",
    "rule_accuracy": "test accuracy with every bond truncated to the effective rank, rounded up [fraction]",
    "missing_accuracy": "test accuracy with some pixels missing [fraction]",
    "naive_bayes_accuracy": "test accuracy of naive Bayes on the known pixels [fraction]",
    "neighbour_accuracy": "test accuracy of the nearest training image in the known pixels [fraction]",
    "expected_pixel": "expectation of a missing pixel by a mixture, given the known pixels [fraction of the largest]",
    "sampled_pixel": "value of a pixel of an image drawn from a mixture model [fraction of the largest]",
    "solved_steps": "first recorded step at which 99 % of the test labels are right; the last step if none is [steps]",
    "solved": "whether 99 % of the test labels were right at any recorded step [0 or 1]",
    "input_gradient": "gradient of the last answer's loss with respect to a step's input, root mean square [nats]",
    "amplitude_rank": "numerical rank of a RAC's amplitude between start and end, on random halves [count]",
    "smallest_width": "fewest channels per layer that reach the rank or error of one layer of D_0 channels [count]",
    "width_exponent": "exponent of D_0 in the smallest width, for a given number of layers [number]",
    "width_prefactor": "factor of a power of D_0 in the smallest width, for a given number of layers [count]",
    "shallower_error": "relative error of the network with one layer less and as many channels [fraction]",
    "relative_error": "squared error on all inputs divided by the target's square, best of the restarts [fraction]",
    "fit_error": "squared error on all images divided by the square of the labels, during training [ratio]",
    "tracked_weight": "projection of a network on a final Schmidt pair, divided by the final tensor's norm [ratio]",
    "final_weight": "Schmidt coefficient of a pair of the final network, squares summing to 1 [ratio]",
    "entry_step": "measured step from which a final Schmidt pair keeps at least half of its final weight [steps]",
    "entry_order": "Kendall's τ-b between final Schmidt pairs' size and how early they enter, mean over bonds [number]",
    "unfactorised_order": "τ-b between size and earliness of final Schmidt pairs, for an unfactorised tensor [number]",
    "second_entry": "step at which a bond's second final pair enters, geometric mean over a level's bonds [steps]",
    "least_entropy": "smallest mean entropy of a level's bonds at any moment of training [nats]",
    "early_entropy": "mean entropy of a level's bonds at half of the initial error [nats]",
    "model_constant": "constant of a model of the smallest width: ln κ (root law), c (shift) or a (growth) [number]",
    "rank_agreement": "Kendall's τ between a ranking of a task's candidates and test accuracy [number]",
    "within_reach": "whether the interval of advised less best accuracy contains 0 or lies above −0.01 [0 or 1]",
    "misfit": "root-mean-square residual of a model of the logarithm of the smallest width [nats]",
}
# All others follow from the spec alone, and so do those above in a job that trains nothing: any machine gives them.
COMPUTED = {
    "additive_share": "interaction share of log-odds that are a sum over both parts [fraction]",
    "min_cut_log": "logarithm of the tensor network's min-cut, a bound on every entropy [nats]",
    "rank": "exact generic rank of the matricization [count]",
    "min_cut": "value of the min-cut, an upper bound on the rank [count]",
    "symmetric_min_cut": "min-cut for weights shared over positions, a smaller upper bound on the rank [count]",
    "node_bridge_rank": "upper bound on the rank from the bridge graph at every node [count]",
    "bridge_rank": "rank predicted by the bridge graph at the root [count]",
    "dimension": "bond dimension of a node of the drawn network [count]",
    "is_cut": "whether the drawn min-cut goes through the node [0 or 1]",
    "is_inside": "whether the site of the drawn network belongs to I [0 or 1]",
    "epsilon_rank": "smallest rank of a matrix within relative distance ε of the matricization, Frobenius norm [count]",
    "grid_rank": "numerical rank of a network's grid tensor, relative tolerance 1e-10 [count]",
    "is_low_rank": "whether the rank of the grid tensor is at most half of the full rank [0 or 1]",
    "shallower_rank": "exact rank of a circuit with fewer levels, across the blocks that its last level pools [count]",
    "single_channel_distance": "relative distance of a grid tensor from a shallow one-channel network's [ratio]",
    "rounding_limit": "relative distance below which two grid tensors are equal up to rounding [ratio]",
    "rank_bound": "upper bound on the rank by a theorem [count]",
    "start_end_rank": "exact generic rank of the first half of the steps against the second [count]",
    "certified_rank": "exact start-end rank of a long sequence, by a certificate [count]",
    "growth_exponent": "exponent of the length in the start-end rank, over the last doubling, per R − 1 [number]",
    "growth_law": "exponent of the length in the start-end rank, in the limit of long sequences, per R − 1 [number]",
    "start_end_bound": "bound on a RAC's amplitude rank: the smaller of start-end rank and random halves [count]",
    "closed_form": "rank by a closed form [count]",
    "trivial_bound": "upper bound on the rank by the number of sites on one side [count]",
    "split_windows_bound": "lower bound on the rank by the windows of level 1 that the partition splits [count]",
    "proved_bound": "lower bound on the rank by a theorem [count]",
    "block_rank": "exact generic rank of a block of sites against the rest [count]",
    "predicted_rank": "the smaller of min-cut and distinguishable configurations, a bound on the rank [count]",
    "front_rank": "rank of a block by the front formula [count]",
    "entropy_share": "entropy divided by the logarithm of the exact rank [fraction]",
    "random_rank": "exact generic rank of a random network's random subset of sites [count]",
    "random_prediction": "predicted rank of a random network's random subset of sites [count]",
    "square_parameters": "fewest weights with which a square block reaches the full rank, by exact rank [count]",
    "square_bound": "fewest weights with which a square block can reach the full rank, by bounds on the rank [count]",
    "square_exponent": "exponent of the block's side in the fewest weights by bounds, over the last doubling [number]",
    "square_exponent_law": "exponent of the block's side in the fewest weights, as stated [number]",
    "volume_parameters": "fewest weights with which half of the sites reaches the full rank [count]",
    "target_rank": "exact rank of a target function's matricization [count]",
    "entropy_law": "entropy of a target function by a closed form [nats]",
    "rank_law": "rank of a target function by a known or conjectured law [count]",
    "largest_entropy": "largest possible entropy of a block, ln 2 per site [nats]",
    "true_share": "fraction of the images on which the target function is true [fraction]",
    "control_entropy": "entropy of a random function that is true on as many images as the target [nats]",
    "exponent": "exponent of the entropy in the block's sites over the four largest sizes [number]",
    "exponent_low": "lower end of the exponent's 95 % interval, from the scatter about a power law [number]",
    "exponent_high": "upper end of the exponent's 95 % interval, from the scatter about a power law [number]",
    "predicted_exponent": "exponent of the entropy in the limit of large blocks [number]",
    "random_exponent": "exponent of a random function's entropy in the block's sites, on the target's blocks [number]",
    "dataset_entropy": "mean entropy of a labelled dataset's tensor over canonical partitions of a tree [nats]",
    "dataset_correlation": "mean |correlation| of pixels inside and outside, over canonical partitions [fraction]",
    "data_entropy": "entropy of an image class's tensor from samples [nats]",
    "shuffled_entropy": "entropy of an image class's tensor from samples, under shuffled labels [nats]",
    "extrapolated_entropy": "entropy of an image class’s tensor, extrapolated to infinitely many samples [nats]",
    "extrapolated_shuffled_entropy": "entropy under shuffled labels, extrapolated to infinitely many samples [nats]",
    "extrapolation_change": "change of extrapolated_entropy without half of the samples [fraction]",
    "shuffled_extrapolation_change": "change of extrapolated_shuffled_entropy without half of the samples [fraction]",
    "sample_ceiling": "largest possible entropy from samples, the logarithm of their number [nats]",
    "data_exponent": "exponent of the extrapolated entropy in the block's sites [number]",
    "shuffled_exponent": "exponent of the extrapolated entropy under shuffled labels, in the block's sites [number]",
    "entropy_before": "entropy of a variable before an activation; differential for densities, for ReLU in bins [nats]",
    "entropy_after": "entropy of a variable after an activation; differential for densities, for ReLU in bins [nats]",
    "share_at_zero": "probability that a variable isn't positive, so that ReLU makes it 0 [fraction]",
    "smallest_margin": "least excess of a statement's left side over its right side among mappings [nats or ratio]",
    "required_margin": "excess of the left side over the right that a statement requires [nats or ratio]",
    "share_violated": "fraction of the mappings that violate a statement [fraction]",
    "mappings": "number of mappings on which a statement was tried [count]",
    "input_entropy": "entropy H(X) of the inputs under a mixture model [nats]",
    "input_entropy_error": "standard error of the sampled H(X) [nats]",
    "root_entropy": "entropy of the inputs given the state of the root, H(X|z) [nats]",
    "component_entropy": "sum over sites of the entropy given the site's state, Σ H(x_i|d_i) [nats]",
    "entropy_increase": "increase of entropy from the components to the inputs, H(X) − Σ H(x_i|d_i) [nats]",
    "entropy_increase_error": "standard error of H(X) − Σ H(x_i|d_i); 0 if exact [nats]",
    "width_bound": "upper bound on the entropy increase by the scaling law with C = ln r [nats]",
    "mapping_bound": "upper bound on the entropy increase by the scaling law, C the largest of any mapping [nats]",
    "site_bound": "N ln r, a smaller upper bound on the entropy increase [nats]",
    "entropy_ratio": "ratio of the inputs' entropy to the components', H(X) / Σ H(x_i|d_i) [ratio]",
    "ratio_bound": "bound on the entropy ratio: β to the number of levels, β the largest of any mapping [ratio]",
    "ratio_limit": "upper bound on the entropy ratio by the site bound [ratio]",
    "mapping_increase": "largest increase of entropy across a mapping of the level, C [nats]",
    "mean_increase": "mean increase of entropy across the level's mappings [nats]",
    "mapping_ratio": "largest ratio of entropies across a mapping of the level, β [ratio]",
    "sampling_deviation": "distance between the sampled and the exact entropy [nats]",
    "sampling_limit": "four standard errors of the sampled entropy [nats]",
    "log_likelihood": "mean ln P of the training images, per site [nats]",
    "test_log_likelihood": "mean ln P of the test images under the trained model, per site [nats]",
    "independent_log_likelihood": "mean ln P of the test images if all pixels were independent, per site [nats]",
    "known_pixel": "value of a known pixel of an example image [fraction of the largest]",
    "root_width": "smallest width by the root law, D_0^(1/layers), rounded up for exact ranks [count]",
    "root_exponent": "width exponent by the root law, 1 / layers [number]",
    "front_width": "smallest width by the front formula [count]",
    "cut_width": "smallest width by the predicted rank [count]",
    "needed_weights": "weights of the network of the smallest width [count]",
    "one_layer_weights": "weights of the network with one layer of D_0 channels [count]",
    "advice_score": "score of a tree by the pair dependence of training images; 1 at chance level [ratio]",
    "dependence_found": "whether advice found any pair dependence in training images [0 or 1]",
    "pixel": "value of one pixel of an example image [fraction of the largest]",
    "train_images": "training images of the dataset [count]",
    "validation_images": "validation images of the dataset, by which learning rates are chosen [count]",
    "test_images": "test images of the dataset [count]",
    "count_accuracy": "test accuracy of the Bayes rule on the number of set pixels alone [fraction]",
}
QUANTITIES = {**TRAINED, **COMPUTED}
FRACTIONS = frozenset(name for name, meaning in QUANTITIES.items() if meaning.endswith("[fraction]"))

# Chosen once for all seeds of a run, so that their agreement about it says nothing of its spread.
CHOSEN = ("learning_rate",)
# Rows of these phases belong to the step at which training reached a loss, or an accuracy: that step, and whether there
# is one, is a result of training, not a label.
MATCHED, LEARNT = "matched", "learnt"
BY_CHANCE = (MATCHED, LEARNT)


def table_of(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table of observations, a row each; of none an empty one with the columns that every table has."""
    found = list(rows)
    empty = {"seed": pd.Series(dtype="int64"), "quantity": pd.Series(dtype=object), "value": pd.Series(dtype="float64")}
    return pd.DataFrame(found) if found else pd.DataFrame(empty)


def parted(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A tidy table without example images, and the table of these: their pixels, a row each.

    They are many and say nothing of a network: figures alone read them. A column stays where it says something.

    >>> rows = [{"cell": "a", "example": None, "value": 0.5}, {"cell": "b", "example": 0, "value": 1.0}]
    >>> [part.to_dict("list") for part in parted(pd.DataFrame(rows))]
    [{'cell': ['a'], 'value': [0.5]}, {'cell': ['b'], 'example': [0.0], 'value': [1.0]}]
    """
    if "example" not in table:
        return table, table.iloc[:0][[name for name in KEYS if name in table]]
    pixels = table["example"].notna()
    own, examples = table[~pixels], table[pixels].dropna(axis="columns", how="all")
    idle = [name for name in examples.columns if own[name].isna().all() and name not in KEYS]
    return own.drop(columns=idle).reset_index(drop=True), examples.reset_index(drop=True)


def joined(table: pd.DataFrame, examples: pd.DataFrame) -> pd.DataFrame:
    """Both parts as one tidy table, from which figures are drawn."""
    return tidy(pd.concat([table, examples], ignore_index=True)) if len(examples) else table


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
