# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0"]
# ///
"""Writes optimizers.json: hundred steps of each optimiser under each schedule on three parameters.

Everything is 32-bit; the gradient has a closed form, which the file repeats. Run:
python golden/optimizers.py
"""

import json
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

STEPS = 100
RECORDED = [0, 1, 2, 3, 4, 5, 9, 14, 19, 29, 30, 49, 69, 89, 99]
WARM_UP = 5
START = [1.5, -2.0, 0.5]
TARGET = [0.25, 0.5, -0.75]
MATRIX = [[2.0, 0.5, 0.0], [0.5, 1.0, -0.25], [0.0, -0.25, 0.5]]

PROBLEM = {
    "start": START,
    "target": TARGET,
    "matrix": MATRIX,
    "gradient": "g = matrix * (x - target) + x^3 / 8, the cube taken element by element",
    "steps": "x, rate and momentum are recorded for these steps, the first being 0; x is after the "
    "step; a schedule goes on by one after every step",
    "undecayed": "weight decay does not act on the last of the three parameters",
    "defaults": {"betas": [0.9, 0.999], "eps": 1e-8, "momentum": 0.0, "weight_decay": 0.0},
}

OPTIMIZERS: dict[str, tuple[Callable[..., Optimizer], dict]] = {
    "sgd": (SGD, {"lr": 0.05}),
    "sgd-weight-decay": (SGD, {"lr": 0.05, "weight_decay": 0.1}),
    "momentum": (SGD, {"lr": 0.02, "momentum": 0.9}),
    "momentum-weight-decay": (SGD, {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}),
    "nesterov": (SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "nesterov-weight-decay": (
        SGD,
        {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    "adam": (Adam, {"lr": 0.05}),
    "adam-other-betas": (Adam, {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4}),
    "adam-weight-decay": (Adam, {"lr": 0.05, "weight_decay": 0.1}),
    "adamw": (AdamW, {"lr": 0.05, "weight_decay": 0.1}),
}

UNDER_EVERY_SCHEDULE = ["sgd", "sgd-weight-decay", "momentum", "nesterov", "adam", "adamw"]

CLIPS: dict[str, Callable[[list[Tensor], float], object]] = {
    "norm": clip_grad_norm_,
    "value": clip_grad_value_,
}


def cosine(optimizer: Optimizer, steps: int = STEPS) -> LRScheduler:
    """Falls to 0.002."""
    return CosineAnnealingLR(optimizer, T_max=steps, eta_min=0.002)


def one_cycle(optimizer: Optimizer, *, cycle_momentum: bool) -> LRScheduler:
    """Has every other setting at its default."""
    peak = optimizer.param_groups[0]["lr"]
    return OneCycleLR(optimizer, peak, total_steps=STEPS, cycle_momentum=cycle_momentum)


def warmed_up(optimizer: Optimizer, after: Callable[[Optimizer], LRScheduler]) -> LRScheduler:
    """Goes before another schedule."""
    first = LinearLR(optimizer, total_iters=WARM_UP)
    return SequentialLR(optimizer, [first, after(optimizer)], milestones=[WARM_UP])


SCHEDULES: dict[str, Callable[[Optimizer], LRScheduler]] = {
    "constant": lambda optimizer: ConstantLR(optimizer, factor=1.0, total_iters=0),
    "step": lambda optimizer: StepLR(optimizer, step_size=30, gamma=0.1),
    "cosine": cosine,
    "one-cycle": lambda optimizer: one_cycle(optimizer, cycle_momentum=False),
    "one-cycle-momentum": lambda optimizer: one_cycle(optimizer, cycle_momentum=True),
    "warm-up": lambda optimizer: warmed_up(optimizer, SCHEDULES["constant"]),
    "warm-up-cosine": lambda optimizer: warmed_up(
        optimizer, lambda after: cosine(after, STEPS - WARM_UP)
    ),
}


def main() -> None:
    """Runs every optimiser at a constant rate, most under each schedule, and some clipped."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    cycled = ["momentum", "nesterov", "adam", "adamw"]
    pairs = [(name, "constant") for name in OPTIMIZERS]
    pairs += [
        (name, schedule)
        for name in UNDER_EVERY_SCHEDULE
        for schedule in SCHEDULES
        if schedule != "constant" and (schedule != "one-cycle-momentum" or name in cycled)
    ]
    runs = [run(optimizer, schedule) for optimizer, schedule in pairs]
    runs += [
        run(optimizer, "constant", clip={kind: bound})
        for optimizer in ("sgd", "momentum", "adamw")
        for kind, bound in (("norm", 1.0), ("value", 0.5))
    ]
    runs += [run(name, "constant", undecayed=True) for name in ("momentum-weight-decay", "adamw")]
    document = {
        "made_by": f"golden/optimizers.py with torch {torch.__version__.split('+')[0]}",
        "problem": PROBLEM,
        "steps": RECORDED,
        "runs": runs,
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


def run(
    optimizer_name: str,
    schedule_name: str,
    clip: dict[str, float] | None = None,
    *,
    undecayed: bool = False,
) -> dict:
    """Takes hundred steps."""
    make_optimizer, settings = OPTIMIZERS[optimizer_name]
    start = torch.tensor(START)
    parts = [part.clone().requires_grad_() for part in start.split([2, 1])]
    groups = [{"params": [part]} for part in parts]
    if undecayed:
        groups[1]["weight_decay"] = 0.0
    optimizer = make_optimizer(groups, **settings)
    schedule = SCHEDULES[schedule_name](optimizer)
    rates, momenta, path = [], [], []
    for step in range(STEPS):
        gradients = gradient(torch.cat([part.detach() for part in parts])).split([2, 1])
        for part, own in zip(parts, gradients, strict=True):
            part.grad = own.clone()
        for kind, bound in (clip or {}).items():
            CLIPS[kind](parts, bound)
        group = optimizer.param_groups[0]
        if step in RECORDED:
            rates.append(group["lr"])
            momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        optimizer.step()
        schedule.step()
        if step in RECORDED:
            path.append([shortest(value) for part in parts for value in part.tolist()])
    document = {"optimizer": optimizer_name, "settings": settings, "schedule": schedule_name}
    if clip:
        document["clip"] = clip
    if undecayed:
        document["undecayed"] = True
    document["rates"] = rates[:1] if schedule_name == "constant" else rates
    if schedule_name == "one-cycle-momentum":
        document["momenta"] = momenta
    return document | {"x": path}


def gradient(x: Tensor) -> Tensor:
    """Returns the closed form of `PROBLEM`."""
    return torch.tensor(MATRIX) @ (x - torch.tensor(TARGET)) + x**3 / 8


def shortest(value: float) -> float:
    """Returns the value with the fewest digits that give back the same 32-bit number."""
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return short
    return value


if __name__ == "__main__":
    main()
