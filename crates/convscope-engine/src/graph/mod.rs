//! Kernels for layers of many channels, computed for the whole batch at once.

mod scratch;
#[cfg(test)]
mod speed;
#[cfg(test)]
mod trial;
mod weight_products;
mod winograd;
