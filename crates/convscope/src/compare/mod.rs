//! Two models side by side: what they hold, how far it is apart, and whether it is the same in another
//! order.
//!
//! ```text
//! two files ─► Model ─┬─► net, by names and shapes ─► alignment ─┐
//!                     └─► Parameter: sides, distances, twins ◄───┘ ─► JSON, text, page
//! ```

mod activations;
mod alignment;
mod json;
mod model;
mod net;
mod page;
mod parameter;
mod text;
mod twins;

use convscope_core::Seed;

pub(crate) use self::alignment::Alignment;
pub(crate) use self::json::json;
pub(crate) use self::model::{Model, bounded};
pub(crate) use self::net::{Known, architecture, misfit};
pub(crate) use self::page::page;
pub(crate) use self::parameter::Parameter;
pub(crate) use self::text::text;
use crate::complaint::Complaint;

/// Everything that is said of two models.
pub(crate) struct Comparison {
    /// The models.
    pub(crate) models: [Model; 2],
    /// Their net, or why it is not known.
    pub(crate) net: Result<Known, String>,
    /// The alignment of the second to the first, or why there is none.
    pub(crate) alignment: Result<Alignment, String>,
    /// Every tensor of either, in the order of the net.
    pub(crate) parameters: Vec<Parameter>,
}

/// How models are compared.
pub(crate) struct Settings<'a> {
    /// The net's name, or a file that describes it.
    pub(crate) net: Option<&'a str>,
    /// Samples on which units are matched by what they do.
    pub(crate) samples: Option<Model>,
    /// How many starts an alignment has.
    pub(crate) starts: usize,
    /// Where chance comes from.
    pub(crate) seed: Seed,
}

impl Comparison {
    /// Compares two models.
    pub(crate) fn of(models: [Model; 2], settings: &Settings<'_>) -> Result<Self, Complaint> {
        let net = net::known(settings.net, &models)?;
        let alignment = match &net {
            Ok(known) => alignment::align(known, &models, settings),
            Err(why) => Err(format!("the net is not known: {why}")),
        };
        let parameters =
            parameter::all(&models, net.as_ref().ok(), alignment.as_ref().ok(), settings.seed);
        Ok(Self { models, net, alignment, parameters })
    }

    /// Returns why units were not matched by activations, if they were not.
    pub(crate) fn activations(&self) -> Result<(), &str> {
        let alignment = self.alignment.as_ref().map_err(String::as_str)?;
        alignment.activations.as_ref().map(|_| ()).map_err(String::as_str)
    }
}
