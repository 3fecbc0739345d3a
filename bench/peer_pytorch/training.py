"""Training of one network, written plainly, and of a population at once; both do the same steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from nets import Net, Weights, logits

EVALUATION_BATCH = 250


@dataclass(frozen=True)
class Recipe:
    """How to train: batches are drawn from a new order in every epoch, the last may be short."""

    epochs: int
    batch: int
    learning_rate: float
    optimizer: str = "sgd"

    def make_optimizer(self, weights: list[Tensor]) -> torch.optim.Optimizer:
        """Returns SGD with a momentum of 0.9, or Adam as PyTorch sets it by default."""
        if self.optimizer == "adam":
            return torch.optim.Adam(weights, lr=self.learning_rate)
        return torch.optim.SGD(weights, lr=self.learning_rate, momentum=0.9)


@dataclass(frozen=True)
class Samples:
    """Images (models x samples x 28 x 28) and labels (models x samples)."""

    images: Tensor
    labels: Tensor

    @classmethod
    def gather(cls, sets: Sequence[tuple[NDArray, NDArray]]) -> "Samples":
        """Puts the data sets of the models side by side."""
        images, labels = zip(*sets, strict=True)
        return cls(torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels)))


@dataclass(frozen=True)
class Score:
    """Accuracy (a fraction) and mean cross-entropy of each model."""

    accuracy: Tensor
    loss: Tensor


def orders(recipe: Recipe, samples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Returns one order of the samples for each epoch: epochs x samples."""
    return np.stack([rng.permutation(samples) for _ in range(recipe.epochs)])


def train_one(
    model: nn.Module, images: Tensor, labels: Tensor, order: NDArray[np.int64], recipe: Recipe
) -> nn.Module:
    """Trains one network on samples x 28 x 28 in the ordinary way."""
    optimizer = recipe.make_optimizer([each for each in model.parameters() if each.requires_grad])
    criterion = nn.CrossEntropyLoss()
    for epoch in torch.from_numpy(order):
        for batch in epoch.split(recipe.batch):
            optimizer.zero_grad()
            criterion(model(images[batch].unsqueeze(1)), labels[batch]).backward()
            optimizer.step()
    return model


def train_population(
    net: Net, weights: Weights, samples: Samples, order: NDArray[np.int64], recipe: Recipe
) -> Iterator[int]:
    """Trains all models in place, `order` being models x epochs x samples; yields epochs done."""
    optimizer = recipe.make_optimizer([each for each in weights.values() if each.requires_grad])
    model = torch.arange(len(order))
    for epoch, now in enumerate(torch.from_numpy(order).unbind(1), start=1):
        for batch in now.T.split(recipe.batch):
            optimizer.zero_grad()
            scores = logits(net, weights, samples.images[model, batch])
            targets = samples.labels[model, batch].T
            # The sum over models leaves each model the gradient of its own mean.
            _losses(scores, targets).mean(1).sum().backward()
            optimizer.step()
        yield epoch


@torch.no_grad()
def evaluate(net: Net, weights: Weights, samples: Samples) -> Score:
    """Scores every model on its own samples."""
    images = samples.images.transpose(0, 1).split(EVALUATION_BATCH)
    scores = torch.cat([logits(net, weights, part) for part in images], dim=1)
    hits = scores.argmax(-1) == samples.labels
    return Score(hits.double().mean(1), _losses(scores, samples.labels).double().mean(1))


def _losses(scores: Tensor, targets: Tensor) -> Tensor:
    flat = F.cross_entropy(scores.flatten(0, 1), targets.flatten(), reduction="none")
    return flat.view(targets.shape)
