# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0"]
# ///
"""Writes optimizers.json: hundred steps of each optimiser and schedule on three parameters.

Everything is 32-bit; the gradient has a closed form, which the file repeats. Run:
python golden/optimizers.py
"""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, StepLR

STEPS = 100
START = [1.5, -2.0, 0.5]
TARGET = [0.25, 0.5, -0.75]
MATRIX = [[2.0, 0.5, 0.0], [0.5, 1.0, -0.25], [0.0, -0.25, 0.5]]

PROBLEM = {
    "start": START,
    "target": TARGET,
    "matrix": MATRIX,
    "gradient": "g = matrix * (x - target) + x^3 / 8, the cube taken element by element",
    "steps": "x[0] is after the first step; rates[0] is the rate of the first step; "
    "a schedule goes on by one after every step, as it would after every epoch",
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

SCHEDULES: dict[str, tuple[Callable[..., LRScheduler], dict]] = {
    "constant": (ConstantLR, {"factor": 1.0, "total_iters": 0}),
    "step": (StepLR, {"step_size": 30, "gamma": 0.1}),
    "cosine": (CosineAnnealingLR, {"T_max": STEPS, "eta_min": 0.002}),
}


def main() -> None:
    """Runs every optimiser at a constant rate and three of them under each other schedule."""
    torch.set_num_threads(1)
    pairs = [(name, "constant") for name in OPTIMIZERS]
    pairs += [(name, at) for name in ("sgd", "momentum", "adamw") for at in ("step", "cosine")]
    document = {
        "made_by": f"golden/optimizers.py with torch {torch.__version__.split('+')[0]}",
        "problem": PROBLEM,
        "runs": [run(optimizer, schedule) for optimizer, schedule in pairs],
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


def run(optimizer_name: str, schedule_name: str) -> dict:
    """Takes hundred steps."""
    make_optimizer, settings = OPTIMIZERS[optimizer_name]
    make_schedule, schedule_settings = SCHEDULES[schedule_name]
    x = torch.tensor(START, requires_grad=True)
    optimizer = make_optimizer([x], **settings)
    schedule = make_schedule(optimizer, **schedule_settings)
    rates, path = [], []
    for _ in range(STEPS):
        x.grad = gradient(x.detach())
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
        path.append([shortest(value) for value in x.tolist()])
    return {
        "optimizer": optimizer_name,
        "settings": settings,
        "schedule": schedule_name,
        "schedule_settings": {} if schedule_name == "constant" else schedule_settings,
        "rates": rates if schedule_name != "constant" else rates[:1],
        "x": path,
    }


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
