//! `convscope capture MODEL.onnx`

use std::process::ExitCode;

use convscope_onnx::{Network, Samples};

use crate::args::CaptureArgs;
use crate::capture::{complaint, json, settings, text};
use crate::complaint::Complaint;

/// Lists the values of a model, or captures those that were asked for.
pub(crate) fn capture(args: &CaptureArgs) -> Result<ExitCode, Complaint> {
    let threads = args.threads.map_or(0, usize::from);
    if !(args.memory.is_finite() && args.memory > 0.0) {
        return Err(Complaint::usage("--memory wants gigabytes above 0"));
    }
    let network = Network::open(&args.model, threads).map_err(complaint)?;
    let network = network.with_memory((args.memory * 1e9) as u64);
    if args.layers.is_empty() {
        if args.json {
            anstream::println!("{:#}", json::listed(&network));
        } else {
            anstream::print!("{}", text::listed(&network));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let settings = settings(args)?;
    let samples = Samples::open(&args.data, &network).map_err(complaint)?;
    let captured = convscope_onnx::capture(&network, &samples, &args.layers, &settings, &args.out);
    let captured = captured.map_err(complaint)?;
    for note in &captured.notes {
        anstream::eprintln!("note: {note}");
    }
    if args.json {
        anstream::println!("{:#}", json::captured(&network, &samples, &captured, &args.out));
    } else {
        anstream::print!("{}", text::captured(&captured));
    }
    anstream::eprintln!("values: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}
