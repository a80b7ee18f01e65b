"""Widths by profile at equal parameter counts: the formula against built networks, the matcher against its promise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convac.errors import ArgumentError
from convac.experiments.image_runs import template
from convac.specs.datasets.digits import DigitsSpec
from convac.specs.networks.arithmetic import ArithmeticSpec
from convac.specs.networks.mixture import MixtureSpec
from convac.specs.networks.rectifier import RectifierSpec
from convac.specs.run import RunSpec
from convac.specs.training import TrainingSpec
from convac.specs.widths import matched, profile
from convac.training.loop import build

SPECS = {
    **{f"{kind} {kernel}": template(kind, 16, 2, kernel) for kind in ("ConvNet", "ConvAC") for kernel in (1, 2, 3, 5)},
    "located": ArithmeticSpec(geometry="square", sites=(8, 8), widths=(1, 1, 1), sharing="located"),
    **{
        f"mixture {sharing} {leaves}": MixtureSpec(
            geometry="square",
            sites=(8, 8),
            widths=(1, 1, 1),
            local_dimension=5,
            classes=3,
            sharing=sharing,
            leaves=leaves,
            patch=patch,
            brightest=16,
        )
        for sharing, leaves, patch in (
            ("shared", "gaussian", 2),
            ("windowed", "gaussian", 1),
            ("located", "categorical", 1),
        )
    },
    "rectifier": RectifierSpec(geometry="square", sites=(8, 8), widths=(1, 1, 1), classes=7),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_formula_counts_what_is_built(name):
    spec = SPECS[name].model_copy(update={"widths": (5, 3, 4)})
    run = RunSpec(
        dataset=DigitsSpec(source="digits", seed=0, size=8),
        network=spec,
        training=TrainingSpec(steps=1, lr=0.1, seeds=(0, 1)),
    )
    built = sum(parameter[0].numel() for parameter in build(run).parameters())
    assert spec.parameters() == built


@given(
    st.sampled_from(sorted(SPECS)),
    st.sampled_from(["uniform", "wide-base", "wide-tip", "4-2-1", "1-3-2"]),
    st.integers(3000, 60000),
)
@settings(max_examples=80, deadline=None)
def test_matched_networks_have_the_wanted_count(name, shape, wanted):
    found = matched(SPECS[name], shape, wanted)
    assert abs(found.parameters() / wanted - 1) <= 0.02
    assert min(found.widths) >= 1
    relative = profile(shape, 3)
    # rounding and small moves aside, the widths keep the profile
    scale = sum(found.widths) / sum(relative)
    assert all(abs(width - scale * part) <= 5 for width, part in zip(found.widths, relative, strict=True))


@pytest.mark.parametrize(
    ("name", "levels", "expected"),
    [
        ("wide-base", 6, (4, 4, 2, 2, 1, 1)),
        ("wide-base", 5, (4, 4, 2, 1, 1)),
        ("wide-tip", 3, (1, 2, 4)),
        ("wide-tip", 2, (1, 4)),
        ("uniform", 4, (1, 1, 1, 1)),
    ],
)
def test_profiles(name, levels, expected):
    assert profile(name, levels) == expected


@pytest.mark.parametrize("name", ["wide", "4-2", "4-0-1", "a-b-c", "1-nan-1", ""])
def test_profiles_that_do_not_fit_are_refused_in_one_line(name):
    with pytest.raises(ArgumentError, match=r"profile: .*accepted: uniform, wide-base, wide-tip, or 3 positive"):
        profile(name, 3)


def test_a_count_out_of_reach_is_refused():
    with pytest.raises(ArgumentError, match=r"parameters: 20 .*accepted: a count that widths meet within 2%"):
        matched(SPECS["ConvNet 3"], "wide-base", 20)
