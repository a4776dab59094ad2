"""The registry: what a configuration may name, without Keras."""

from typing import Annotated, Literal

import pytest

from nnrepro.models.registry import ModelError, Range, Task, build_model, catalogue, register

TASK = Task((100,), 15, 40)


def test_reading_the_catalogue_imports_no_backend(printed):
    """A dry run reads the catalogue and must not pay for TensorFlow."""
    code = (
        "import sys; from nnrepro.models.registry import catalogue; import nnrepro.training.job;"
        "print(*catalogue());"
        "sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'jax', 'torch')))"
    )
    names = ["char_cnn", "char_rnn", "image_cnn", "mlp", "word_cnn", "word_rnn"]
    assert printed(code).split() == names


def test_parameters_are_read_from_the_signature():
    """Types, defaults, choices and limits come from the function."""
    parameters = catalogue()["image_cnn"].parameters
    assert parameters["c1"].required and parameters["c1"].type is int
    assert parameters["dropout_rate"].default == 0.0 and parameters["dropout_rate"].type is float
    assert parameters["dropout_placement"].choices == ("flatten+dense", "dense+logits")
    assert catalogue()["char_rnn"].parameters["cell"].choices == ("gru", "lstm", "vanilla")
    assert [spec.input for spec in catalogue().values()] == [
        "characters",
        "characters",
        "image",
        "table",
        "words",
        "words",
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("c1", 0, "at least 1"),
        ("c1", 2.5, "must be a whole number"),
        ("c1", True, "must be a whole number"),
        ("dropout_rate", 1.5, "at most 0.99"),
        ("dropout_rate", 0, None),
        ("dropout_placement", "flaten+dense", "did you mean 'flatten+dense'"),
    ],
)
def test_a_parameter_names_what_is_wrong_with_a_value(name, value, words):
    """Messages name the limit, the type or the nearest spelling."""
    problem = catalogue()["image_cnn"].parameters[name].problem(value)
    assert problem is None if words is None else words in problem


def test_a_new_model_is_one_decorated_function(own_definitions):
    """Registered functions appear in the catalogue with their parameters."""

    @register(input="words", xla_on=("cpu",))
    def bag(task: Task, *, size: Annotated[int, Range(1)], kind: Literal["a", "b"] = "a"):
        """A bag of words.

        More.
        """

    spec = catalogue()["bag"]
    assert spec.summary == "A bag of words."
    assert spec.xla_on == {"cpu"}
    assert spec.own_parameters({"size": 3, "epochs": 5}) == {"size": 3, "kind": "a"}


def test_wrong_declarations_are_refused(own_definitions):
    """A model without docstring, with an odd annotation or with another's name is a ModelError."""
    with pytest.raises(ModelError, match="docstring"):

        @register(input="words")
        def silent(task: Task): ...

    with pytest.raises(ModelError, match="'sizes' must be annotated"):

        @register(input="words")
        def odd(task: Task, *, sizes: list[int]):
            """Odd."""

    def image_cnn(task: Task):
        """Another."""

    shipped = catalogue()["image_cnn"]
    register(input="image")(image_cnn)
    assert catalogue()["image_cnn"].summary == "Another." != shipped.summary
    assert catalogue().replaced() == ["image_cnn"]
    image_cnn.__module__ = "elsewhere"
    with pytest.raises(ModelError, match=r"two models are called 'image_cnn': .* and elsewhere"):
        register(input="image")(image_cnn)


def test_building_names_unknown_models_and_missing_parameters():
    """Building explains itself."""
    with pytest.raises(ModelError, match="did you mean 'char_rnn'"):
        build_model("chr_rnn", {}, TASK)
    with pytest.raises(ModelError, match="'c1' is missing"):
        build_model("image_cnn", {"c2": 3}, TASK)
    with pytest.raises(ModelError, match="cell = 'gruu' must be one of"):
        build_model("char_rnn", {"cell": "gruu"}, TASK)


def test_more_characters_than_one_hot_places_are_refused():
    """The reports' vectors have 256 places."""
    for name in ("char_cnn", "char_rnn"):
        with pytest.raises(ModelError, match="257 different characters"):
            build_model(name, {}, Task((100,), 15, 257))
