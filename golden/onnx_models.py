# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0", "numpy==2.4.6", "safetensors==0.8.0",
#     "onnx==1.23.2", "onnxscript==0.7.2", "onnxruntime==1.32.0",
# ]
# ///
"""Writes onnx_models/: tiny models as exporters write them, and what ONNX Runtime computes in them.

Run: python golden/onnx_models.py
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from state_dicts import LeNet, drawn, filled

FOLDER = Path(__file__).with_suffix("")


class RunningLeNet(LeNet):
    """The net of state_dicts/lenet.pt, with what is computed."""

    def forward(self, image: Tensor) -> Tensor:
        """Returns logits."""
        first = max_pool2d(torch.relu(self.conv1(image)), 2)
        second = max_pool2d(torch.relu(self.conv2(first)), 2).flatten(1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(second)))))


class Residual(nn.Module):
    """Has what optimisers of graphs like to put together: norms, sums, products, activations."""

    def __init__(self) -> None:
        """Takes images of two channels."""
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=2), nn.BatchNorm2d(4))
        self.norm = nn.LayerNorm(4)
        self.mix = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, image: Tensor) -> Tensor:
        """Returns logits."""
        stem = self.stem(image)
        pooled = torch.relu(self.block(stem) + stem).mean((2, 3))
        return self.head(nn.functional.gelu(self.mix(self.norm(pooled))) + pooled)


def main() -> None:
    """Writes every file."""
    FOLDER.mkdir(exist_ok=True)
    images = drawn(91, 7 * 144).reshape(7, 1, 12, 12)
    lenet = filled(RunningLeNet()).eval()
    exported("lenet.onnx", lenet, images, dynamic=True)
    exported("lenet-batch-2.onnx", lenet, images[:2], dynamic=False)
    onnx.save(
        onnx.load(FOLDER / "lenet.onnx"), FOLDER / "lenet-elsewhere.onnx",
        save_as_external_data=True, location="lenet-elsewhere.onnx.data", size_threshold=0,
    )
    values("lenet", {"image": images.numpy()})

    pairs = drawn(92, 7 * 72).reshape(7, 2, 6, 6)
    residual = filled(Residual())
    with torch.no_grad():
        for norm in (residual.stem[1], residual.block[1]):
            norm.running_var.copy_(drawn(93, 4).abs() + 0.5)
    exported("residual.onnx", residual.eval(), pairs, dynamic=True)
    values("residual", {"image": pairs.numpy()})

    onnx.save(two_inputs(), FOLDER / "two-inputs.onnx")
    tokens = np.array([[0, 4, 2], [1, 1, 3], [4, 0, 0], [2, 3, 1], [3, 3, 3]])
    features = drawn(94, 10).reshape(5, 2).numpy()
    values("two-inputs", {"tokens": tokens, "features": features})
    onnx.save(across(), FOLDER / "across.onnx")
    onnx.save(kinds(), FOLDER / "kinds.onnx")


def exported(name: str, net: nn.Module, images: Tensor, *, dynamic: bool) -> None:
    """Exports as `torch.onnx.export` does, without what says where it was done."""
    sizes = {0: torch.export.Dim("batch")}
    program = torch.onnx.export(
        net, (images,), input_names=["image"], output_names=["logits"], dynamo=True,
        dynamic_shapes=(sizes,) if dynamic else None, verbose=False,
    )
    path = FOLDER / name
    program.save(path)
    model = onnx.load(path)
    for node in model.graph.node:
        kept = [p for p in node.metadata_props if p.key == "pkg.torch.onnx.name_scopes"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output,
                  *model.graph.initializer, model.graph, model]:
        del value.metadata_props[:]
    onnx.save(model, path)


def two_inputs() -> onnx.ModelProto:
    """Looks tokens up, and has names with slashes, as PyTorch's former exporter wrote them."""
    table = numpy_helper.from_array(drawn(95, 20).reshape(5, 4).numpy(), "embed.weight")
    matrix = helper.make_tensor("fc.weight", TensorProto.FLOAT, [6, 3],
                                drawn(96, 18).numpy().tolist())
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    nodes = [
        helper.make_node("Gather", ["embed.weight", "tokens"], ["/embed/Gather_output_0"]),
        helper.make_node("ReduceMean", ["/embed/Gather_output_0", "axes"],
                         ["/pool/ReduceMean_output_0"], keepdims=0),
        helper.make_node("Concat", ["/pool/ReduceMean_output_0", "features"],
                         ["/Concat_output_0"], axis=1),
        helper.make_node("MatMul", ["/Concat_output_0", "fc.weight"], ["/fc/MatMul_output_0"]),
        helper.make_node("Transpose", ["/fc/MatMul_output_0"], ["/Transpose_output_0"]),
        helper.make_node("ArgMax", ["/fc/MatMul_output_0"], ["class"], axis=1, keepdims=0),
        helper.make_node("Relu", ["/fc/MatMul_output_0"], ["scores"]),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "two",
        [info("tokens", TensorProto.INT64, ["n", 3]),
         info("features", TensorProto.FLOAT, ["n", 2])],
        [info("scores", TensorProto.FLOAT, ["n", 3]), info("class", TensorProto.INT64, ["n"])],
        [table, matrix, axes],
    )
    return checked(graph)


def across() -> onnx.ModelProto:
    """Takes the mean of the batch away, as batch norms do in training."""
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=1),
         helper.make_node("Sub", ["x", "mean"], ["centred"])],
        "across", [info("x", TensorProto.FLOAT, ["n", 2])],
        [info("centred", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [0])],
    )
    return checked(graph)


def kinds() -> onnx.ModelProto:
    """Holds one initialiser of each type and way of writing numbers."""
    numbers = [1.5, -2.0, 0.25, 3.0]
    make = helper.make_tensor
    tensors = [numpy_helper.from_array(np.array(numbers, kind), f"raw.{kind}")
               for kind in ("float32", "float64", "float16", "int64")]
    tensors += [
        make("listed.float32", TensorProto.FLOAT, [2, 2], numbers),
        make("listed.float64", TensorProto.DOUBLE, [2, 2], numbers),
        make("listed.int64", TensorProto.INT64, [2, 2], [1, -2, 0, 3]),
        make("scalar", TensorProto.FLOAT, [], [0.5]),
        make("empty", TensorProto.FLOAT, [0, 3], []),
        make("brain", TensorProto.BFLOAT16, [2], np.array([0x3FC0, 0xC000], "<u2").tobytes(),
             raw=True),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "raw.float32"], ["y"])], "kinds",
        [info("x", TensorProto.FLOAT, [None, 4])], [info("y", TensorProto.FLOAT, [None, 4])],
        tensors,
    )
    return checked(graph)


def checked(graph: onnx.GraphProto) -> onnx.ModelProto:
    """Makes a model of a graph."""
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="convscope")
    onnx.checker.check_model(model, full_check=True)
    return model


def values(name: str, inputs: dict[str, np.ndarray]) -> None:
    """Writes the inputs and every value of floats, as ONNX Runtime computes it unoptimised."""
    model = onnx.load(FOLDER / f"{name}.onnx")
    named = [output for node in model.graph.node for output in node.output if output]
    have = {output.name for output in model.graph.output}
    model.graph.output.extend(helper.make_empty_tensor_value_info(n) for n in named
                              if n not in have)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    inferred = onnx.shape_inference.infer_shapes(model)
    session = onnxruntime.InferenceSession(inferred.SerializeToString(), options)
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(None, inputs), strict=True))
    floats = {n: np.ascontiguousarray(a) for n, a in found.items() if a.dtype == np.float32}
    save_file(floats, FOLDER / f"{name}-values.safetensors")
    np.savez(FOLDER / f"{name}-inputs.npz", **inputs)


if __name__ == "__main__":
    main()
