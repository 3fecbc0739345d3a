//! What a model says of itself.

use convscope_onnx::Network;

use crate::golden;

/// The inputs and values of a model, one a line.
fn listed(model: &str) -> Vec<String> {
    let network = Network::open(&golden(model), 1).unwrap();
    let outline = network.outline();
    let inputs = outline.inputs.iter().map(|port| format!("in {} {}", port.name, port.form));
    let values = outline.values.iter().map(|value| {
        let module = value.module.as_deref().unwrap_or("-");
        format!("{} {} {module} {}", value.name, value.op, value.form)
    });
    inputs.chain(values).collect()
}

#[test]
fn values_have_operators_modules_types_and_shapes() {
    let lenet = listed("lenet.onnx");
    assert_eq!(lenet[0], "in image F32 [batch, 1, 12, 12]");
    assert_eq!(lenet[1], "conv2d Conv conv1 F32 [batch, 2, 8, 8]");
    assert_eq!(lenet[12], "logits Gemm fc3 F32 [batch, 3]");
    assert_eq!(lenet.len(), 13, "weights are no inputs");
    assert_eq!(listed("lenet-batch-2.onnx")[0], "in image F32 [2, 1, 12, 12]");
    assert_eq!(listed("residual.onnx")[2], "relu Relu stem.2 F32 [batch, 4, 6, 6]");
    let two = listed("two-inputs.onnx");
    assert_eq!(two[0], "in tokens I64 [n, 3]");
    assert_eq!(two[2], "/embed/Gather_output_0 Gather - ? [?]");
    assert_eq!(two[7], "class ArgMax - I64 [n]");
}
