//! How alike the models of a study are, two by two.

use convscope_core::Value;
use convscope_measure::Sense;
use convscope_measure::chance::mean_of_largest;
use convscope_measure::filters::FilterMeasure;
use convscope_model::{Net, Part, part};
use convscope_store::{Named, Record, Table};

use crate::file::What;

/// What is measured on models of one net.
///
/// For each measure `m` the record gets: the table `m` of every layer, a row for each part and a column for
/// each pair of models; the values `m`, its mean over a layer and over all, and `m-by-chance`, the mean that
/// parts of the same lengths and random directions would have; `best-m` and `worst-m`, the values at which
/// two parts are most and least alike, for absolute values beside `best-m-by-chance`; and these two parts
/// themselves, as tables `most-alike-by-m` and `least-alike-by-m`. A part of which some value does not exist is
/// no row of a table: its values are kept one by one, `m of part, pair`, the missing ones with their reason.
pub struct Measurement {
    /// The models' net.
    pub net: Net,
    /// What is compared.
    pub what: What,
    /// By which measures.
    pub by: Vec<&'static FilterMeasure>,
}

/// A model with its name.
type Subject = (String, Vec<f32>);

impl Measurement {
    /// Returns the parts that are compared.
    pub fn parts(&self) -> Vec<Part> {
        match self.what {
            What::Kernels => part::kernels(&self.net),
            What::Rows => part::rows(&self.net),
        }
    }

    /// Compares every two of the models at every part.
    pub(crate) fn take(&self, subjects: &[Subject], record: &mut Record) {
        let parts = self.parts();
        let pairs: Vec<[usize; 2]> = (0..subjects.len())
            .flat_map(|first| (first + 1..subjects.len()).map(move |second| [first, second]))
            .collect();
        for measure in &self.by {
            let comparison = Comparison::of(measure, &parts, &pairs, subjects);
            let layers: Vec<usize> =
                parts.chunk_by(|a, b| a.layer == b.layer).map(|own| own[0].layer).collect();
            for layer in layers {
                comparison.describe_layer(&self.net.layers()[layer].name, layer, record);
            }
            comparison.describe(None, record);
            comparison.show_extremes(record);
        }
    }
}

/// All values of one measure: a cell for each part and pair.
struct Comparison<'a> {
    measure: &'a FilterMeasure,
    parts: &'a [Part],
    pairs: &'a [[usize; 2]],
    subjects: &'a [Subject],
    /// Part by part, pair by pair: the value, and its mean by chance.
    cells: Vec<[Value; 2]>,
}

impl<'a> Comparison<'a> {
    fn of(
        measure: &'a FilterMeasure,
        parts: &'a [Part],
        pairs: &'a [[usize; 2]],
        subjects: &'a [Subject],
    ) -> Self {
        let cells = parts.iter().flat_map(|part| {
            pairs.iter().map(|pair| {
                let [a, b] = pair.map(|subject| wide(&subjects[subject].1[part.range.clone()]));
                [(measure.value)(&a, &b), (measure.by_chance)(&a, &b)]
            })
        });
        Self { measure, parts, pairs, subjects, cells: cells.collect() }
    }

    /// Keeps a layer's values: a table of the rows that are whole, the others value by value.
    fn describe_layer(&self, layer: &str, index: usize, record: &mut Record) {
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for (part, cells) in self.parts.iter().zip(self.cells.chunks(self.pairs.len())) {
            if part.layer != index {
                continue;
            }
            let row: Option<Vec<f64>> = cells.iter().map(|[value, _]| value.number()).collect();
            if let Some(row) = row {
                rows.push(part.name.clone());
                values.extend(row);
            } else {
                for (pair, [value, _]) in self.pairs.iter().zip(cells) {
                    let name =
                        format!("{} of {}, {}", self.measure.id, part.name, self.name(*pair));
                    record.values.push(Named::new(name, value.clone()).in_layer(layer));
                }
            }
        }
        if !rows.is_empty() {
            let columns = self.pairs.iter().map(|pair| self.name(*pair)).collect();
            let table = Table::new(self.measure.id, rows, columns, values);
            record.tables.push(table.in_layer(layer));
        }
        self.describe(Some((layer, index)), record);
    }

    /// Keeps the mean and the best value of a layer, or of all, each beside what it is by chance.
    fn describe(&self, layer: Option<(&str, usize)>, record: &mut Record) {
        let id = self.measure.id;
        let all = self.parts.iter().zip(self.cells.chunks(self.pairs.len()));
        let own = all.filter(|(part, _)| layer.is_none_or(|(_, index)| part.layer == index));
        let (parts, cells): (Vec<&Part>, Vec<&[[Value; 2]]>) = own.unzip();
        let cells = || cells.iter().copied().flatten();
        let mut keep = |name: String, value: Value| {
            let named = Named::new(name, value);
            record.values.push(match layer {
                Some((layer, _)) => named.in_layer(layer),
                None => named,
            });
        };
        keep(id.into(), mean(cells().filter_map(|[value, _]| value.number())));
        keep(format!("{id}-by-chance"), mean(cells().filter_map(|[_, chance]| chance.number())));
        let values = || cells().filter_map(|[value, _]| value.number());
        let ends = [values().reduce(f64::max), values().reduce(f64::min)];
        let [best, worst] = match self.measure.sense {
            Sense::Similarity => ends,
            Sense::Distance => [ends[1], ends[0]],
        };
        for (which, end) in [("best", best), ("worst", worst)] {
            keep(format!("{which}-{id}"), end.map_or_else(no_pair, Value::of));
        }
        let lengths = parts.iter().map(|part| part.range.len());
        let one_length = parts.windows(2).all(|two| two[0].range.len() == two[1].range.len());
        let absolute = self.measure.blind_to.sign && self.measure.blind_to.scale;
        if let (true, true, Some(length)) = (absolute, one_length, lengths.clone().next()) {
            let free = length - usize::from(self.measure.blind_to.offset);
            keep(format!("best-{id}-by-chance"), Value::of(mean_of_largest(free, cells().count())));
        }
    }

    /// Keeps the weights of the two parts that are most alike, and least.
    fn show_extremes(&self, record: &mut Record) {
        let values = || {
            self.cells.iter().enumerate().filter_map(|(place, [v, _])| Some((place, v.number()?)))
        };
        let highest = values().reduce(|most, other| if other.1 > most.1 { other } else { most });
        let lowest = values().reduce(|least, other| if other.1 < least.1 { other } else { least });
        let (most, least) = match self.measure.sense {
            Sense::Similarity => (highest, lowest),
            Sense::Distance => (lowest, highest),
        };
        for (which, found) in [("most", most), ("least", least)] {
            let Some((cell, _)) = found else { continue };
            let part = &self.parts[cell / self.pairs.len()];
            let pair = self.pairs[cell % self.pairs.len()];
            let [rows, columns] = part.sides.unwrap_or([1, part.range.len()]);
            let weights = |row: usize, subject: usize| {
                let start = part.range.start + row * columns;
                wide(&self.subjects[subject].1[start..start + columns])
            };
            let names = pair.map(|subject| &self.subjects[subject].0);
            let column = |name: &String| -> Vec<String> {
                (0..columns).map(|column| format!("{name} {}", column + 1)).collect()
            };
            record.tables.push(Table::new(
                format!("{which}-alike-by-{}", self.measure.id),
                (0..rows).map(|row| format!("{} row {}", part.name, row + 1)).collect(),
                names.into_iter().flat_map(column).collect(),
                (0..rows)
                    .flat_map(|row| pair.map(|subject| weights(row, subject)).concat())
                    .collect(),
            ));
        }
    }

    fn name(&self, [first, second]: [usize; 2]) -> String {
        format!("{} – {}", self.subjects[first].0, self.subjects[second].0)
    }
}

fn wide(weights: &[f32]) -> Vec<f64> {
    weights.iter().map(|weight| f64::from(*weight)).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Value {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    match count {
        0 => no_pair(),
        count => Value::of(sum / f64::from(count)),
    }
}

fn no_pair() -> Value {
    Value::missing("no two parts could be compared")
}

#[cfg(test)]
mod tests {
    use convscope_core::Identity;
    use convscope_measure::filters::FILTER_MEASURES;
    use convscope_model::layer::Conv;
    use convscope_model::{Layer, Net, Op, Shape};
    use convscope_store::{Outcome, Record};
    use serde_json::json;

    use super::Measurement;
    use crate::file::What;

    #[test]
    fn a_value_that_does_not_exist_is_missing_and_takes_no_other_with_it() {
        let conv = Op::Conv(Conv { filters: 2, kernel: 2, bias: false, ..Conv::default() });
        let net = Net::new(Shape::image(1, 2, 2), vec![Layer::new("conv", conv)]).unwrap();
        let by = FILTER_MEASURES.iter().filter(|measure| measure.id == "pearson").collect();
        let measurement = Measurement { net, what: What::Kernels, by };
        let model =
            |name: &str, first: [f32; 4]| (name.to_owned(), [first, [0.0, 1.0, 2.0, 4.0]].concat());
        let models = [
            model("a", [0.0, 1.0, 2.0, 3.0]),
            model("b", [5.0; 4]),
            model("c", [3.0, 2.0, 1.0, 0.0]),
        ];
        let mut record = Record {
            job: Identity::of_json(&json!({})),
            settings: json!({}),
            outcome: Outcome::Done,
            values: Vec::new(),
            curves: Vec::new(),
            tables: Vec::new(),
        };
        measurement.take(&models, &mut record);
        let value = |name: &str| {
            let mut named = record.values.iter().filter(|value| value.name == name);
            named.next().unwrap_or_else(|| panic!("no {name}")).value.clone()
        };
        let flat = value("pearson of conv[0,0], a – b");
        assert!(flat.reason().is_some_and(|why| why.contains("no correlation")), "{flat:?}");
        let opposite = value("pearson of conv[0,0], a – c").number().unwrap();
        assert!((opposite + 1.0).abs() < 1e-12, "{opposite}");
        assert_eq!(record.tables[0].rows, ["conv[1,0]"]);
        // The mean of what exists: one −1 and three 1.
        assert!((value("pearson").number().unwrap() - 0.5).abs() < 1e-12);
    }
}
