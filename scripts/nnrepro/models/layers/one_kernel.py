"""A recurrence along time as one kernel of a GPU, and its gradient as another.

A small recurrent network is all launches: on a GPU, XLA starts a dozen kernels for every step
forward and back, each of which computes for less time than its start takes. Here a block of
examples goes through all steps within one kernel, by Pallas on JAX
(https://docs.jax.dev/en/latest/pallas): states stay in registers, and what the next step reads is
fetched during this one. Two products that do not depend on the order of steps, the recurrent ones
of the backward pass and the gradient of the kernel, are taken for all steps at once.
Measurements are in benchmarks/results. Importing this module imports JAX.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl

try:
    from jax.experimental.pallas import triton
except ImportError:  # JAX means to give it up some day
    triton = None

Gates = Sequence[Any]
States = tuple[Any, ...]
Step = Callable[[States, Gates, Gates], States]
"""New states from old ones, and from what input and hidden state make of each gate."""

_ROWS = 16
"""Examples of a block: the fewest that a tensor core multiplies."""
_MOST_UNITS = 32
"""Weights of all gates must fit into a block's registers."""
_WARPS = 2
_AMPERE = 8.0
"""Compute capability from which on products are TensorFloat-32, as XLA's are."""


@cache
def suits_this_device() -> bool:
    """Whether there is a device for it, an NVIDIA GPU, and a JAX that compiles such kernels."""
    device = jax.devices()[0]
    if triton is None or device.platform != "gpu" or "NVIDIA" not in device.device_kind:
        return False
    return float(device.compute_capability) >= _AMPERE


def suits(units: int) -> bool:
    """Whether a layer of so many units is faster so than step by step."""
    return units <= _MOST_UNITS and suits_this_device()


def widened(weights: Any, gates: int, units: int) -> Any:
    """Weights [..., gates * units] with zeros after each gate, to the `width` of a kernel's tile.

    Hidden units that no weight reaches stay 0.
    """
    apart = jnp.reshape(weights, (*weights.shape[:-1], gates, units))
    last = [(0, 0)] * (apart.ndim - 1)
    wide = jnp.pad(apart, [*last, (0, width(units) - units)])
    return jnp.reshape(wide, (*weights.shape[:-1], -1))


def width(units: int) -> int:
    """Units of a tile: the next power of two, 16 at least."""
    return max(16, 1 << (units - 1).bit_length())


def rows_of(table: Any, ids: Any) -> Any:
    """The rows [..., columns] of a `table` [rows, columns] that `ids` name.

    Its gradient is a product, not a sum in whatever order threads come: a tensor core's work, and
    the same every time.
    """
    count = table.shape[0]

    @jax.custom_vjp
    def chosen(table: Any) -> Any:
        return table[ids]

    def gradient(_: None, upstream: Any) -> tuple[Any]:
        hot = jax.nn.one_hot(jnp.reshape(ids, -1), count, dtype=upstream.dtype)
        return (_product(hot, jnp.reshape(upstream, (-1, upstream.shape[-1])), 0, 0),)

    chosen.defvjp(lambda table: (table[ids], None), gradient)
    return chosen(table)


def recurrence(
    step: Step, states: int, projected: Any, kernel: Any, bias: Any, *, keep: bool
) -> Any:
    """The hidden state, the first of so many `states`, after all steps or, kept, after each.

    Of `projected` inputs [time, batch, gates * width], the recurrent `kernel` [width,
    gates * width] and its `bias` [gates * width], all float32 and `widened`: [batch, width], or
    [time, batch, width]. States begin as zeros. Batched by `jax.vmap`, all is still one kernel.
    On a device that has no such kernels it is interpreted, slowly, as for a test.
    """
    batch = projected.shape[1]
    if missing := -batch % _ROWS:
        projected = jnp.pad(projected, ((0, 0), (0, missing), (0, 0)))

    def of(sequences: Sequence[Any]) -> Any:
        return sequences[0] if keep else sequences[0][-1]

    @jax.custom_vjp
    def run(projected: Any, kernel: Any, bias: Any) -> Any:
        return of(_forward(step, states, projected, kernel, bias))

    def forward(projected: Any, kernel: Any, bias: Any) -> tuple[Any, tuple[Any, ...]]:
        sequences = _forward(step, states, projected, kernel, bias)
        return of(sequences), (projected, kernel, bias, sequences)

    def backward(known: tuple[Any, ...], upstream: Any) -> tuple[Any, Any, Any]:
        projected, kernel, bias, sequences = known
        hidden = jnp.concatenate([jnp.zeros_like(sequences[0][:1]), sequences[0][:-1]])
        recurrent = jnp.matmul(hidden, kernel) + bias
        made = projected, recurrent, sequences
        of_input, of_recurrent = _backward(step, kernel, made, upstream, keep=keep)
        of_kernel = jnp.einsum("tbu,tbg->ug", hidden, of_recurrent)
        return of_input, of_kernel, jnp.sum(of_recurrent, (0, 1))

    run.defvjp(forward, backward)
    found = run(projected, kernel, bias)
    return found[:, :batch] if keep else found[:batch]


def _forward(step: Step, states: int, projected: Any, kernel: Any, bias: Any) -> Sequence[Any]:
    """Every state after each step, [time, batch, width]."""
    time, batch, columns = projected.shape
    units = kernel.shape[0]
    gates = _gates(columns, units)

    def block(inputs: Any, kernels: Any, biases: Any, *outputs: Any) -> None:
        weights = [(kernels[:, gate], biases[gate]) for gate in gates]

        def read(at: Any) -> tuple[Any, ...]:
            return tuple(inputs[at, :, gate] for gate in gates)

        def one(at: Any, carried: tuple[States, Gates]) -> tuple[States, Gates]:
            old, inputs = carried
            ahead = read(jnp.minimum(at + 1, time - 1))
            new = step(old, inputs, [_product(old[0], own) + shift for own, shift in weights])
            for output, state in zip(outputs, new, strict=True):
                output[at] = state
            return new, ahead

        zeros = tuple(jnp.zeros((_ROWS, units), jnp.float32) for _ in range(states))
        jax.lax.fori_loop(0, time, one, (zeros, read(0)))

    shape = time, batch, units
    return _call(block, [(projected, 1), (kernel, None), (bias, None)], [(shape, 1)] * states)


def _backward(
    step: Step,
    kernel: Any,
    made: tuple[Any, Any, Sequence[Any]],
    upstream: Any,
    *,
    keep: bool,
) -> Sequence[Any]:
    """Gradients by the projected inputs and by the recurrent products, as these are shaped.

    `made` are the two, and every state after each step.
    """
    projected, recurrent, sequences = made
    time, _, columns = projected.shape
    units = kernel.shape[0]
    gates = _gates(columns, units)
    states = len(sequences)
    transposed = jnp.concatenate([kernel[:, at : at + units].T for at in range(0, columns, units)])

    def block(inputs: Any, products: Any, kernels: Any, *others: Any) -> None:
        reached, (upstream, by_input, by_product) = others[:states], others[states:]
        weights = [kernels[gate, :] for gate in gates]

        def read(at: Any) -> tuple[States, Gates, Gates, Any]:
            at = jnp.maximum(at, 0)
            before = tuple(jnp.where(at > 0, each[jnp.maximum(at - 1, 0)], 0.0) for each in reached)
            own_inputs, own_products = (
                tuple(each[at, :, gate] for gate in gates) for each in (inputs, products)
            )
            return before, own_inputs, own_products, upstream[at] if keep else ()

        def one(back: Any, carried: tuple[States, Any]) -> tuple[States, Any]:
            later, (before, own_inputs, own_products, own_upstream) = carried
            at = time - 1 - back
            ahead = read(at - 1)
            if keep:
                later = (later[0] + own_upstream, *later[1:])
            _, pull = jax.vjp(step, before, own_inputs, own_products)
            earlier, of_inputs, of_products = pull(later)
            hidden = earlier[0]
            for each, of_input in zip(gates, of_inputs, strict=True):
                by_input[at, :, each] = of_input
            for each, own, of_product in zip(gates, weights, of_products, strict=True):
                by_product[at, :, each] = of_product
                hidden = hidden + _product(of_product, own)
            return (hidden, *earlier[1:]), ahead

        zeros = jnp.zeros((_ROWS, units), jnp.float32)
        last = zeros if keep else upstream[...]
        start = (last, *[zeros] * (states - 1)), read(time - 1)
        jax.lax.fori_loop(0, time, one, start)

    read_by_block = [
        *((projected, 1), (recurrent, 1), (transposed, None)),
        *((sequence, 1) for sequence in sequences),
        (upstream, 1 if keep else 0),
    ]
    return _call(block, read_by_block, [(projected.shape, 1)] * 2)


def _gates(columns: int, units: int) -> list[Any]:
    """The columns of each gate."""
    return [pl.ds(at, units) for at in range(0, columns, units)]


def _product(a: Any, b: Any, of_a: int = 1, of_b: int = 0) -> Any:
    """The sum over an axis of each."""
    return jax.lax.dot_general(a, b, (((of_a,), (of_b,)), ((), ())))


def _call(
    block: Callable[..., None],
    inputs: Sequence[tuple[Any, int | None]],
    outputs: Sequence[tuple[tuple[int, ...], int | None]],
) -> Sequence[Any]:
    """Run `block` for each block of examples; arrays come with their axis of examples, if any."""

    def spec(shape: tuple[int, ...], examples: int | None) -> Any:
        sizes = tuple(_ROWS if at == examples else size for at, size in enumerate(shape))
        return pl.BlockSpec(
            sizes, lambda i: tuple(i if at == examples else 0 for at in range(len(shape)))
        )

    options: dict[str, Any] = {"interpret": True}
    if suits_this_device():
        options = {"compiler_params": triton.CompilerParams(num_warps=_WARPS, num_stages=1)}
    array, examples = inputs[0]
    return pl.pallas_call(
        block,
        grid=(array.shape[examples or 0] // _ROWS,),
        in_specs=[spec(array.shape, examples) for array, examples in inputs],
        out_specs=[spec(shape, examples) for shape, examples in outputs],
        out_shape=[jax.ShapeDtypeStruct(shape, array.dtype) for shape, _ in outputs],
        **options,
    )(*(array for array, _ in inputs))
