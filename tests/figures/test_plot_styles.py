"""A variant looks the same in every figure, and different from the others."""

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.plots.style import PALETTE, Grid, series_styles, styled_context, text_color


def test_extension_shares_colour_and_takes_the_next_dash(styles):
    base, extended = styles["char_cnn"], styles["char_cnn_dropout"]
    assert extended.color == base.color
    assert base.dash == ()
    assert extended.dash != base.dash
    gru = [styles[f"char_rnn_gru{end}"] for end in ("", "_dropout", "_2layer", "_clip")]
    assert len({style.color for style in gru}) == 1
    assert len({style.dash for style in gru}) == 4


def test_a_shared_beginning_alone_is_no_family(styles):
    assert styles["char_rnn_gru"].color != styles["char_rnn_vanilla"].color
    assert styles["sgd_momentum"].color != styles["sgd_dropout"].color


def test_every_variant_of_the_shipped_study_is_unlike_every_other(styles, study):
    looks = {(style.color, style.dash, style.marker) for style in styles.values()}
    assert len(looks) == len(study) == 45


def test_styles_come_in_the_order_of_the_names_and_are_stable(study):
    first, second = series_styles(study), series_styles(list(study))
    assert list(first) == list(study)
    assert first == second


def test_a_family_base_is_solid_even_when_its_extension_is_declared_first():
    styles = series_styles(["char_cnn_dropout", "char_cnn"])
    assert styles["char_cnn"].dash == ()
    assert styles["char_cnn_dropout"].dash != ()


def test_grid_hue_follows_c1_and_dash_follows_c2(styles):
    assert styles["c1-10_c2-20"].dash == styles["c1-90_c2-20"].dash
    assert styles["c1-10_c2-20"].color != styles["c1-90_c2-20"].color
    row = [styles[f"c1-50_c2-{c2}"] for c2 in (20, 40, 60, 80, 100)]
    assert len({style.dash for style in row}) == 5
    assert len({style.color for style in row}) == 5


def test_any_two_parameters_make_a_grid_in_their_own_order():
    values = (("relu", "elu"), (0.1, 0.01))
    pairs = {"a": ("relu", 0.01), "b": ("elu", 0.01), "c": ("elu", 0.1)}
    grid = Grid(("activation", "learning_rate"), values, pairs)
    styles = series_styles(["a", "b", "c", "other"], [grid])
    assert styles["a"].dash == styles["b"].dash != styles["c"].dash
    assert styles["a"].color != styles["b"].color
    assert grid.axis(1, ["a", "b"]) == [0.01]
    assert series_styles(["a"], [Grid(grid.parameters, values, {"a": ("elu", 0.1)})])


@given(st.lists(st.from_regex(r"[a-c]{1,2}(_[a-c]){0,2}", fullmatch=True), max_size=30))
def test_any_names_get_styles(names):
    styles = series_styles(names)
    assert set(styles) == set(names)
    for name in names:
        for other in names:
            if other.startswith(name + "_"):
                assert styles[other].color == styles[name].color


def test_a_users_own_settings_do_not_leak_in_or_get_lost():
    with mpl.rc_context({"font.size": 31.0, "axes.facecolor": "red"}):
        with styled_context():
            assert mpl.rcParams["font.size"] < 12
            assert mpl.rcParams["axes.facecolor"] == "white"
        assert mpl.rcParams["font.size"] == 31.0


@pytest.mark.parametrize("color", PALETTE)
def test_label_colours_are_dark_enough_to_read(color):
    red, green, blue = (int(text_color(color)[i : i + 2], 16) / 255 for i in (1, 3, 5))
    assert 0.3 * red + 0.59 * green + 0.11 * blue < 0.43
