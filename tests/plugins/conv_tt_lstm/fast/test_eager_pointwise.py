"""The update of the states against the LSTM's equations, differentiated by autograd."""

import pytest
import torch

from framecast_conv_tt_lstm.fast.eager_pointwise import tanh, update, update_backward

CHANNELS = 3


def example(dtype=torch.float64, cell_dtype=torch.float64):
    """Gates before activation, cell state, and the gradients of h' and c'."""
    generator = torch.Generator().manual_seed(0)
    gates, cell, d_hidden, d_cell = (
        torch.randn(2, channels, 4, 5, generator=generator, dtype=torch.float64)
        for channels in (4 * CHANNELS, CHANNELS, CHANNELS, CHANNELS)
    )
    return 2 * gates.to(dtype), cell.to(cell_dtype), d_hidden.to(dtype), d_cell.to(cell_dtype)


def equations(gates, cell, d_hidden, d_cell):
    """Activated gates, h' and c', and the gradients of gates and cell, in double."""
    gates, cell = (tensor.double().requires_grad_() for tensor in (gates, cell))
    i, f, o, g = gates.chunk(4, 1)
    i, f, o, g = i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh()
    new_cell = f * cell + i * g
    hidden = o * new_cell.tanh()
    found = torch.autograd.grad((hidden, new_cell), (gates, cell), (d_hidden.double(), d_cell.double()))
    return [tensor.detach() for tensor in (torch.cat([i, f, o, g], 1), hidden, new_cell, *found)]


def fused(gates, cell, d_hidden, d_cell):
    """The same by `update` and `update_backward`."""
    activated, hidden, new_cell = gates.clone(), d_hidden.new_empty(d_hidden.shape), torch.empty_like(cell)
    update(activated, torch.zeros_like(gates), cell, new_cell, hidden)
    kept = activated.clone(), cell.clone(), new_cell.clone()
    d_gates = torch.empty_like(activated)
    d_before = update_backward(activated, cell, new_cell, d_hidden, None, d_cell, d_gates)
    for before, after in zip(kept, (activated, cell, new_cell), strict=True):
        assert torch.equal(before, after)  # the way back changes nothing: it may be gone twice
    return activated, hidden, new_cell, d_gates, d_before


NAMES = ["gates", "hidden", "cell", "d_gates", "d_cell"]


def test_the_update_and_the_way_back_follow_the_equations():
    example_, theirs = example(), equations(*example())

    for name, ours, exact in zip(NAMES, fused(*example_), theirs, strict=True):
        assert torch.allclose(ours, exact, atol=1e-13, rtol=1e-12), name


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 2e-2), (torch.float16, 3e-3)]
)
def test_gates_of_fewer_digits_leave_the_cell_its_own(dtype, tolerance):
    numbers = example(dtype, torch.float32)
    found = dict(zip(NAMES, fused(*numbers), strict=True))
    theirs = dict(zip(NAMES, equations(*numbers), strict=True))

    assert {found[name].dtype for name in ("cell", "d_cell")} == {torch.float32}
    assert {found[name].dtype for name in ("gates", "hidden", "d_gates")} == {dtype}
    # the new cell is computed before anything is rounded to the gates' format
    torch.testing.assert_close(found["cell"].double(), theirs["cell"], atol=1e-6, rtol=1e-5)
    for name in NAMES:
        torch.testing.assert_close(found[name].double(), theirs[name], atol=tolerance, rtol=tolerance)


def test_the_signal_and_both_gradients_of_the_hidden_state_are_added():
    gates, cell, d_hidden, d_cell = example()
    signal, d_output = torch.randn_like(gates), torch.randn_like(d_hidden)
    separate, together, hidden, new_cell = gates.clone(), gates + signal, d_hidden.clone(), torch.empty_like(cell)
    update(separate, signal, cell, new_cell, hidden)
    update(together, torch.zeros_like(signal), cell, new_cell, hidden)

    assert torch.equal(separate, together)
    for parts in ((d_hidden, d_output), (d_hidden, None), (None, d_output), (None, None)):
        total = sum(part for part in parts if part is not None) + torch.zeros_like(d_hidden)
        found, expected = torch.empty_like(gates), torch.empty_like(gates)
        of_cell = update_backward(separate, cell, new_cell, *parts, d_cell, found)
        assert torch.equal(update_backward(separate, cell, new_cell, total, None, d_cell, expected), of_cell)
        assert torch.equal(found, expected)
    of_cell = update_backward(separate, cell, new_cell, d_hidden, None, None, found)
    assert torch.equal(
        update_backward(separate, cell, new_cell, d_hidden, None, torch.zeros_like(d_cell), expected), of_cell
    )
    assert torch.equal(found, expected)


def test_gates_that_are_shut_or_wide_open_give_no_nan():
    gates, cell, d_hidden, d_cell = example(torch.float32, torch.float32)

    for extreme in (-1e4, 1e4):
        for tensor in fused(torch.full_like(gates, extreme), cell, d_hidden, d_cell):
            assert tensor.isfinite().all()


@pytest.mark.parametrize(("dtype", "digits"), [(torch.float32, 2e-7), (torch.float64, 4e-16)])
def test_tanh_is_exact_to_the_last_digits(dtype, digits):
    x = torch.cat([torch.linspace(-20, 20, 4001, dtype=dtype), torch.tensor([-torch.inf, torch.inf], dtype=dtype)])
    before = x.clone()

    assert (tanh(x).double() - x.double().tanh()).abs().max() <= digits
    assert torch.equal(x, before)
