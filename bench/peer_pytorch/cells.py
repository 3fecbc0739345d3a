"""The cells of the edge study: which networks are trained on how much of which images, how long."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from edges import FIVE, THREE
from nets import Conv, Mlp, Net

FEW = (10, 30, 50, 100)
MANY = (*FEW, 200, 300, 500)


@dataclass(frozen=True)
class Settings:
    """Everything that decides a training but its length and its replicate."""

    net: Net
    images: int
    batch: int
    learning_rate: float = 0.01
    optimizer: str = "sgd"
    classes: tuple[str, ...] = THREE
    ratio: float = 1.0
    permuted: bool = False


@dataclass(frozen=True)
class Cell:
    """One place in a study's table."""

    study: str
    model: str
    epochs: int
    settings: Settings

    def axes(self) -> dict[str, str | float | None]:
        """Returns what tells this cell from the others."""
        settings, net = self.settings, self.settings.net
        return {
            "study": self.study,
            "model": self.model,
            "images": settings.images,
            "epochs": self.epochs,
            "kernel": net.kernel if isinstance(net, Conv) else None,
            "padding": net.padding if isinstance(net, Conv) else None,
            "optimizer": settings.optimizer,
            "learning_rate": settings.learning_rate,
            "batch": settings.batch,
            "location_ratio": settings.ratio,
        }

    def cost(self) -> float:
        """Returns roughly the work, in arbitrary units."""
        samples = self.settings.images * len(self.settings.classes)
        return samples * self.epochs * self.settings.net.cost()


def cells() -> Iterator[Cell]:
    """Yields every cell of every study."""
    for model, net, five in (("cnn", Conv(7), Conv(7, 5)), ("mlp", Mlp(), Mlp(5))):
        yield Cell("overfit", model, 500, Settings(net, 10, 32))
        for images in MANY:
            yield Cell("data-sweep", model, 500, Settings(net, images, 32))
        for images in FEW:
            for epochs in (30, 100, 1000):
                yield Cell("convergence", model, epochs, Settings(net, images, 32))
            yield Cell("five-classes", model, 200, Settings(five, images, 10, classes=FIVE))
        for rate in (0.001, 0.003, 0.01, 0.03, 0.1):
            for optimizer in ("sgd", "adam"):
                yield Cell("hyper-parameters", model, 300, Settings(net, 30, 32, rate, optimizer))
    for images in FEW:
        yield from _other_starts(images)
        yield from _other_places(images)
    yield from _other_sizes()


def trainings() -> list[list[Cell]]:
    """Returns the cells by training, cheapest first; one training serves cells of several lengths.

    The learning rate is constant, so that a short training is the beginning of a long one.
    """
    shared: dict[Settings, list[Cell]] = {}
    for cell in cells():
        shared.setdefault(cell.settings, []).append(cell)
    for group in shared.values():
        group.sort(key=lambda cell: cell.epochs)
    return sorted(shared.values(), key=lambda group: group[-1].cost())


def _other_starts(images: int) -> Iterator[Cell]:
    cnn = Settings(Conv(7), images, 32)
    frozen = replace(cnn, net=Conv(7, frozen_edges=True))
    yield Cell("edge-init", "cnn", 500, cnn)
    yield Cell("edge-init", "cnn-short", 30, cnn)
    yield Cell("edge-init", "cnn-edge-frozen", 30, frozen)
    for model, pool in (("cnn", "max"), ("cnn-avg", "avg")):
        net = Conv(7, 5, pool=pool)
        yield Cell("pooling", model, 200, Settings(net, images, 10, classes=FIVE))


def _other_places(images: int) -> Iterator[Cell]:
    for rate, epochs in ((0.01, 300), (0.05, 500)):
        for kernel in (3, 5, 7):
            shifted = Settings(Conv(kernel), images, 10, rate, ratio=0.5)
            yield Cell("domain-shift", "cnn", epochs, shifted)
    yield Cell("domain-shift", "mlp", 300, Settings(Mlp(), images, 10, ratio=0.5))
    yield Cell("permuted-pixels", "mlp", 300, Settings(Mlp(), images, 10, permuted=True))
    for kernel in (3, 5, 7, 11):
        permuted = Settings(Conv(kernel), images, 10, permuted=True)
        yield Cell("permuted-pixels", "cnn", 300, permuted)
    for net in (Conv(7, padding="zero"), Conv(7, padding="reflect")):
        for ratio in (1.0, 0.5):
            padded = Settings(net, images, 32, ratio=ratio)
            yield Cell("padding", "cnn", 500, padded)


def _other_sizes() -> Iterator[Cell]:
    small, large = Conv(3, 5), Settings(Conv(7, 5), 30, 10, classes=FIVE)
    deep, wide = replace(small, depth=4, pool_after=2), replace(small, filters=6)
    yield Cell("depth-width", "cnn", 200, large)
    for model, net, epochs, rate, optimizer in (
        ("cnn-k3", small, 600, 0.002, "sgd"),
        ("deeper", deep, 800, 0.001, "sgd"),
        ("wider", wide, 600, 0.002, "sgd"),
        ("deeper-adam", deep, 800, 0.001, "adam"),
        ("wider-adam", wide, 600, 0.002, "adam"),
    ):
        settings = replace(large, net=net, learning_rate=rate, optimizer=optimizer)
        yield Cell("depth-width", model, epochs, settings)
