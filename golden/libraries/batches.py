"""Layers of networks in batches, as packages that hook into PyTorch models want them."""

import contextlib
import io
import warnings

import cka as pytorch_cka
import ckatorch
import numpy as np
import torch
import torch_cka
from definitions import Matrix
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class Halves(nn.Module):
    """A network whose layers `first` and `second` are the columns of its input."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units
        self.first, self.second = nn.Identity(), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Shows both halves."""
        self.first(x[..., : self.units])
        return self.second(x[..., self.units :])


def loader(x: Matrix, y: Matrix, batch: int, shuffle: bool = False) -> DataLoader:
    """Returns both layers, side by side, in batches."""
    both = torch.from_numpy(np.concatenate([x, y], axis=-1))
    torch.manual_seed(0)
    return DataLoader(TensorDataset(both), batch_size=batch, shuffle=shuffle)


def of_torch_cka(
    x: Matrix, y: Matrix, batch: int, shuffle: bool = False, layers: tuple[str, str] | None = None
) -> float:
    """Returns torch-cka's value for two layers of a network, in 32 bits."""
    first, second = layers or ("first", "second")
    nets = Halves(x.shape[-1]), Halves(x.shape[-1])
    with quiet():
        compared = torch_cka.CKA(*nets, "a", "b", [first], [second])
        compared.compare(loader(x, y, batch, shuffle))
        return float(compared.export()["CKA"].squeeze())


def of_pytorch_cka(x: Matrix, y: Matrix, batch: int) -> float:
    """Returns pytorch-cka's value for two layers of a network."""
    nets = Halves(x.shape[-1]), Halves(x.shape[-1])
    with quiet():
        found = pytorch_cka.compute_cka(
            *nets,
            loader(x, y, batch),
            layers=["first"],
            model2_layers=["second"],
            device="cpu",
            progress=False,
        )
    return float(found[0].squeeze())


def of_ckatorch(x: Matrix, y: Matrix, batch: int) -> float:
    """Returns ckatorch's value for two layers of a network."""
    nets = Halves(x.shape[-1]), Halves(x.shape[-1])
    with quiet():
        compared = ckatorch.CKA(*nets, ["first"], ["second"], "a", "b")
        return float(compared(loader(x, y, batch), epochs=1).squeeze())


def one_batch(x: Matrix, y: Matrix) -> float:
    """Returns torch-cka's value of all samples in one batch; it knows 32 bits only."""
    return of_torch_cka(x.astype(np.float32), y.astype(np.float32), len(x))


@contextlib.contextmanager
def quiet() -> contextlib.AbstractContextManager:
    """Drops warnings and progress."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
