//! Static figures: SVG and PNG without a browser.

mod font;
mod paint;
mod script;
mod sheets;

pub(crate) use self::{
    paint::png,
    script::svg_of_chart,
    sheets::{svg_of_samples, svg_of_wall},
};
