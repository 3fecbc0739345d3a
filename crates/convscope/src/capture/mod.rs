//! What was typed for `capture`, and what is said of it.

pub(crate) mod json;
pub(crate) mod text;

use convscope_onnx::{CaptureError, Normalisation, Settings};

use crate::args::CaptureArgs;
use crate::complaint::Complaint;

/// Reads how values are to be captured; refuses to write over what is read.
pub(crate) fn settings(args: &CaptureArgs) -> Result<Settings, Complaint> {
    let same = |path| std::fs::canonicalize(path).ok();
    let out = same(&args.out);
    if out.is_some() && args.data.iter().chain([&args.model]).any(|path| same(path) == out) {
        return Err(Complaint::Usage {
            message: format!("{} is read, and would be written over", args.out.display()),
            help: Some("name another file with --out".into()),
        });
    }
    if args.sd.iter().any(|sd| !(sd.is_finite() && *sd > 0.0)) {
        return Err(Complaint::usage("--sd is divided by: numbers above 0 are wanted"));
    }
    if args.mean.iter().any(|mean| !mean.is_finite()) {
        return Err(Complaint::usage("--mean is taken away: finite numbers are wanted"));
    }
    let or = |list: &[f64], usual: f64| if list.is_empty() { vec![usual] } else { list.to_vec() };
    let asked = args.scale.is_some() || !args.mean.is_empty() || !args.sd.is_empty();
    let normalisation = asked.then(|| Normalisation {
        scale: args.scale.unwrap_or(1.0),
        mean: or(&args.mean, 0.0),
        sd: or(&args.sd, 1.0),
    });
    Ok(Settings { batch: args.batch.map(usize::from), normalisation })
}

/// Reads `0.5` or `1/255`.
pub(crate) fn fraction(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let fraction = match text.split_once('/') {
        None => number(text),
        Some((over, under)) => number(over).zip(number(under)).map(|(over, under)| over / under),
    };
    let fraction = fraction.filter(|fraction| fraction.is_finite() && *fraction != 0.0);
    fraction.ok_or_else(|| "a number such as 0.5 or 1/255 is wanted".into())
}

/// Says what to do about what went wrong.
pub(crate) fn complaint(error: CaptureError) -> Complaint {
    let message = error.to_string();
    let help = match error {
        CaptureError::Write { .. } | CaptureError::Run { .. } => {
            return Complaint::Trouble(message);
        }
        CaptureError::Pattern { nearest: Some(nearest), .. } => {
            Some(format!("did you mean `{nearest}`?"))
        }
        CaptureError::Pattern { nearest: None, .. } => {
            Some("without --data and --layers the values are listed".into())
        }
        CaptureError::Samples { help, .. } => help,
        CaptureError::Value { .. } => Some("leave it out of --layers".into()),
        _ => None,
    };
    Complaint::Usage { message, help }
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn factors_may_be_fractions() {
        assert_eq!(fraction("1/255"), Ok(1.0 / 255.0));
        assert_eq!(fraction("-0.5"), Ok(-0.5));
        for odd in ["", "1/0", "a", "0", "1/2/3", "nan"] {
            assert!(fraction(odd).unwrap_err().contains("1/255"), "{odd}");
        }
    }
}
