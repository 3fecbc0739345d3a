# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0"]
# ///
"""Writes label_smoothing.json: the cross-entropy of smoothed labels, and its gradient by logits.

Computed in 64 bits. Run: python golden/label_smoothing.py
"""

import json
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

LOGITS = [
    [1.5, -0.25, 0.0, 3.0],
    [-2.0, 0.5, 0.5, -1.25],
    [0.0, 0.0, 0.0, 0.0],
    [40.0, -40.0, 0.5, 8.0],
    [-0.75, 2.25, 1.0, 0.125],
]
LABELS = [3, 0, 2, 1, 1]
SMOOTHING = [0.0, 0.1, 0.25, 0.9]


def main() -> None:
    """Writes one run for each share that is spread."""
    torch.set_num_threads(1)
    document = {
        "made_by": f"golden/label_smoothing.py with torch {torch.__version__.split('+')[0]}",
        "logits": LOGITS,
        "labels": LABELS,
        "loss": "the mean over samples; gradients are those of the mean",
        "runs": [run(share) for share in SMOOTHING],
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


def run(share: float) -> dict:
    """Spreads a share of each label over all classes."""
    logits = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
    loss = cross_entropy(logits, torch.tensor(LABELS), label_smoothing=share)
    loss.backward()
    losses = cross_entropy(
        logits, torch.tensor(LABELS), label_smoothing=share, reduction="none"
    ).tolist()
    return {
        "smoothing": share,
        "loss": loss.item(),
        "losses": losses,
        "gradients": logits.grad.tolist(),
    }


if __name__ == "__main__":
    main()
