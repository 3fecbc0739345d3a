//! Which settings of edges are possible.

use convscope_core::SettingError;

use super::settings::{Class, Edges};
use crate::sources::Checked;

/// 8 GB of pixels: more is a slip of the pen.
const MOST_PIXELS: u128 = 1 << 31;

impl Checked for Edges {
    fn check(&self) -> Result<(), SettingError> {
        self.check_classes()?;
        at_least_one("per-class", self.per_class)?;
        at_least_one("resolution", self.resolution)?;
        brightness("intensity", self.intensity)?;
        brightness("background", self.background)?;
        if !(self.location_ratio > 0.0 && self.location_ratio <= 1.0) {
            let message =
                format!("a share above 0 and up to 1 is wanted; came {}", self.location_ratio);
            return Err(SettingError::at("location-ratio", message));
        }
        self.check_counts()?;
        self.check_widths()?;
        self.check_places()?;
        self.check_size()
    }
}

impl Edges {
    fn check_classes(&self) -> Result<(), SettingError> {
        if self.classes.is_empty() {
            return Err(SettingError::at("classes", "at least one class is wanted; came none"));
        }
        for (place, class) in self.classes.iter().enumerate() {
            if let Some(first) = self.classes[..place].iter().position(|other| other == class) {
                let message =
                    format!("each class stands once; `{}` is already class {first}", class.name());
                return Err(SettingError::at(&place.to_string(), message).below("classes"));
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), SettingError> {
        let counts = self.per_kind;
        let kinds: [(_, _, &[Class]); 3] = [
            ("horizontal", counts.horizontal, &[Class::Horizontal, Class::Both]),
            ("vertical", counts.vertical, &[Class::Vertical, Class::Both]),
            ("diagonal", counts.diagonal, &[Class::Diagonal]),
        ];
        for (kind, count, needed_by) in kinds {
            if let Some(class) = self.classes.iter().find(|class| needed_by.contains(class))
                && count == 0
            {
                let message =
                    format!("class `{}` needs at least 1 {kind} edge; came 0", class.name());
                return Err(SettingError::at(kind, message).below("edges-per-kind"));
            }
        }
        Ok(())
    }

    fn check_widths(&self) -> Result<(), SettingError> {
        let [narrowest, widest] = self.width;
        if narrowest == 0 || narrowest > widest {
            let message = format!(
                "two widths of at least 1 are wanted, the narrowest first; came {narrowest} and {widest}"
            );
            return Err(SettingError::at("width", message));
        }
        if self.classes.contains(&Class::Diagonal) && self.diagonal_widths().is_empty() {
            let wanted = (f64::from(narrowest) + 1.0) * std::f64::consts::SQRT_2;
            let message = format!(
                "diagonal edges are narrower than the second width divided by √2 and rounded down, \
                 so beside {narrowest} it must be at least {}; came {widest}",
                wanted.ceil()
            );
            return Err(SettingError::at("width", message));
        }
        Ok(())
    }

    fn check_places(&self) -> Result<(), SettingError> {
        let (straight, diagonal) = (self.straight_widths(), self.diagonal_widths());
        let widths = self.classes.iter().map(|class| match class {
            Class::Horizontal | Class::Vertical | Class::Both => *straight.end(),
            Class::Diagonal => *diagonal.end(),
            Class::None => 0,
        });
        let widest = widths.max().unwrap_or(0);
        let places = self.places().len() as u64;
        if widest == 0 || u64::from(widest) < places {
            return Ok(());
        }
        let needed = u64::from(widest) + 1;
        Err(if self.location_ratio < 1.0 && places < u64::from(self.resolution) {
            let message = format!(
                "edges up to {widest} wide need {needed} rows and columns; \
                 split `{}` has {places} of {}",
                self.split.name(),
                self.resolution
            );
            SettingError::at("location-ratio", message)
        } else {
            let message = format!(
                "edges up to {widest} wide need images of {needed} rows and columns; \
                 `resolution` is {}",
                self.resolution
            );
            SettingError::at("width", message)
        })
    }

    fn check_size(&self) -> Result<(), SettingError> {
        let images = u128::from(self.per_class) * self.classes.len() as u128;
        let pixels = images * u128::from(self.resolution).pow(2);
        if pixels > MOST_PIXELS {
            let message = format!(
                "{images} images of {0}×{0} are {pixels} pixels; at most {MOST_PIXELS} fit",
                self.resolution
            );
            return Err(SettingError::at("per-class", message));
        }
        Ok(())
    }
}

fn at_least_one(key: &str, count: u32) -> Result<(), SettingError> {
    if count == 0 {
        return Err(SettingError::at(key, "at least 1 is wanted; came 0"));
    }
    Ok(())
}

fn brightness(key: &str, [darkest, brightest]: [f64; 2]) -> Result<(), SettingError> {
    if 0.0 <= darkest && darkest <= brightest && brightest <= 1.0 {
        return Ok(());
    }
    let message = format!(
        "two numbers in 0..1 are wanted, the darkest first; came {darkest} and {brightest}"
    );
    Err(SettingError::at(key, message))
}
