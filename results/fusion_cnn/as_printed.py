"""HybridQCNN's dense layers with the widths as printed: what their first batch does.

Runs in TorchQuantum's environment (see ``make``). The features stand for what the
convolutions and the quantum layer give; only their number matters here.
"""

import torch


def attempt(said: str, constructor: tuple[int, int], received: tuple[int, int]) -> None:
    """Two dense layers of 128 and 10 units that get ``received`` features."""
    first, second = torch.nn.Linear(constructor[0], 128), torch.nn.Linear(constructor[1], 10)
    try:
        hidden = torch.relu(first(torch.rand(2, received[0])))
        padding = torch.rand(2, received[1] - 128)
        second(torch.cat([hidden, padding], dim=1))
    except RuntimeError as error:
        print(f"{said}: {error}")
    else:
        print(f"{said}: runs")


classical, quantum = 64 * 5 * 5, 4
attempt("as printed   ", (classical, 128 + quantum), (classical + quantum, 128))
attempt("early fusion ", (classical + quantum, 128), (classical + quantum, 128))
attempt("late fusion  ", (classical, 128 + quantum), (classical, 128 + quantum))
