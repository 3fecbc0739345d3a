//! What a model says of itself: its inputs, and every value that a node computes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use convscope_arrays::Source;
use convscope_arrays::onnx;
use convscope_arrays::protobuf::{Field, Message};

/// The inputs of a model and its values, in the order in which they are computed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// What must be given.
    pub inputs: Vec<Port>,
    /// What is computed, constants left out.
    pub values: Vec<Value>,
}

/// An input of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What the file says of its numbers.
    pub form: Form,
}

/// A value within a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// The operator that computes it, such as `Conv`.
    pub op: String,
    /// The module of PyTorch's model that it belongs to, where the exporter says so.
    pub module: Option<String>,
    /// What the file says of its numbers.
    pub form: Form,
}

/// What a file says of numbers; often nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Their type, as `F32`.
    pub kind: Option<&'static str>,
    /// Their dimensions.
    pub dimensions: Option<Vec<Size>>,
}

/// The size of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    /// One size only.
    Fixed(usize),
    /// Any size, under a name that may be empty.
    Free(String),
}

impl Outline {
    /// Reads the outline of a model, and nothing of its weights.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    ///
    /// Source: onnx.proto of ONNX 1.23.
    pub fn read(source: &Source<'_>) -> Result<Self, String> {
        let mut graph = Message::new(source, onnx::graph(source)?)?;
        let (mut ports, mut values) = (Vec::new(), Vec::new());
        let (mut weights, mut forms) = (BTreeSet::new(), BTreeMap::new());
        while let Some(Field { number, value }) = graph.field()? {
            match number {
                1 => values.extend(node(source, value.range()?)?),
                5 => drop(weights.insert(tensor_name(source, value.range()?)?)),
                11 => ports.push(port(source, value.range()?)?),
                12 | 13 => {
                    let port = port(source, value.range()?)?;
                    forms.insert(port.name, port.form);
                }
                _ => {}
            }
        }
        for value in &mut values {
            value.form = forms.get(&value.name).cloned().unwrap_or_default();
        }
        // Models of old list weights among the inputs.
        ports.retain(|port| !weights.contains(&port.name));
        Ok(Self { inputs: ports, values })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.unwrap_or("?"))?;
        let Some(sizes) = &self.dimensions else { return f.write_str("[?]") };
        let sizes: Vec<String> = sizes.iter().map(Size::to_string).collect();
        write!(f, "[{}]", sizes.join(", "))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(size) => write!(f, "{size}"),
            Self::Free(name) if name.is_empty() => f.write_str("?"),
            Self::Free(name) => f.write_str(name),
        }
    }
}

/// Reads the values that a node computes.
fn node(source: &Source<'_>, range: Range<u64>) -> Result<Vec<Value>, String> {
    let mut message = Message::new(source, range)?;
    let (mut names, mut op, mut module) = (Vec::new(), String::new(), None);
    while let Some(Field { number, value }) = message.field()? {
        match number {
            2 => names.push(value.text(source)?),
            4 => op = value.text(source)?,
            9 => {
                let [key, text] = pair(source, value.range()?)?;
                if key == "pkg.torch.onnx.name_scopes" {
                    module = scope(&text);
                }
            }
            _ => {}
        }
    }
    if op == "Constant" {
        return Ok(Vec::new());
    }
    let value =
        |name| Value { name, op: op.clone(), module: module.clone(), form: Form::default() };
    // An output that nobody wants has no name.
    Ok(names.into_iter().filter(|name| !name.is_empty()).map(value).collect())
}

/// Reads `['', 'layer1', 'layer1.0', 'conv2d']`: modules from the outermost on, then the value.
fn scope(text: &str) -> Option<String> {
    let names: Vec<&str> = text.split('\'').skip(1).step_by(2).collect();
    let module = names.len().checked_sub(2).map(|at| names[at])?;
    (!module.is_empty()).then(|| module.to_owned())
}

fn pair(source: &Source<'_>, range: Range<u64>) -> Result<[String; 2], String> {
    let mut message = Message::new(source, range)?;
    let mut texts = [String::new(), String::new()];
    while let Some(Field { number, value }) = message.field()? {
        if let Some(text) = texts.get_mut(number.wrapping_sub(1) as usize) {
            *text = value.text(source)?;
        }
    }
    Ok(texts)
}

fn tensor_name(source: &Source<'_>, range: Range<u64>) -> Result<String, String> {
    let mut message = Message::new(source, range)?;
    let mut name = String::new();
    while let Some(Field { number, value }) = message.field()? {
        if number == 8 {
            name = value.text(source)?;
        }
    }
    Ok(name)
}

fn port(source: &Source<'_>, range: Range<u64>) -> Result<Port, String> {
    let mut message = Message::new(source, range)?;
    let mut port = Port { name: String::new(), form: Form::default() };
    while let Some(Field { number, value }) = message.field()? {
        match number {
            1 => port.name = value.text(source)?,
            2 => port.form = form(source, value.range()?)?,
            _ => {}
        }
    }
    Ok(port)
}

/// Reads the type of a tensor; of other things nothing is said.
fn form(source: &Source<'_>, range: Range<u64>) -> Result<Form, String> {
    let mut form = Form::default();
    let mut of_type = Message::new(source, range)?;
    while let Some(Field { number, value }) = of_type.field()? {
        if number != 1 {
            continue;
        }
        let mut tensor = Message::new(source, value.range()?)?;
        while let Some(Field { number, value }) = tensor.field()? {
            match number {
                1 => form.kind = onnx::kind_name(value.whole()?),
                2 => form.dimensions = Some(sizes(source, value.range()?)?),
                _ => {}
            }
        }
    }
    Ok(form)
}

fn sizes(source: &Source<'_>, range: Range<u64>) -> Result<Vec<Size>, String> {
    let mut sizes = Vec::new();
    let mut shape = Message::new(source, range)?;
    while let Some(Field { number, value }) = shape.field()? {
        if number != 1 {
            continue;
        }
        let mut size = Size::Free(String::new());
        let mut dimension = Message::new(source, value.range()?)?;
        while let Some(Field { number, value }) = dimension.field()? {
            match number {
                1 => {
                    let whole = value.whole()?.cast_signed();
                    // Some exporters write a free size as 0 or -1.
                    size = usize::try_from(whole)
                        .ok()
                        .filter(|whole| *whole > 0)
                        .map_or(Size::Free(String::new()), Size::Fixed);
                }
                2 => size = Size::Free(value.text(source)?),
                _ => {}
            }
        }
        sizes.push(size);
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::scope;

    #[test]
    fn the_innermost_module_counts() {
        assert_eq!(scope("['', 'layer1', 'layer1.0', 'conv2d']").as_deref(), Some("layer1.0"));
        assert_eq!(scope("['', 'relu']"), None);
        assert_eq!(scope("damaged"), None);
    }
}
