//! An arm in a few words.

use std::ops::RangeInclusive;

use convscope_train::Handling;

use crate::job::Training;

/// An arm in a few words, for the plan and the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The net.
    pub net: String,
    /// The data it is trained on.
    pub data: String,
    /// The recipe, after edits and constraints.
    pub recipe: String,
    /// How many numbers the net has, from least to most.
    pub parameters: RangeInclusive<usize>,
    /// How many of them training may change, from least to most.
    pub trainable: RangeInclusive<usize>,
}

impl Described {
    pub(crate) fn of(
        training: &Training,
        handling: &[Handling],
        net: String,
        data: String,
    ) -> Self {
        let Training { net: checked, start, recipe, constraints, .. } = training;
        let start = start.as_ref().map(|file| format!(", from `{}`", file.name()));
        let each = checked.parameters().iter().zip(handling);
        let recipe = constraints.describe().into_iter().chain([recipe.describe()]);
        let parameters = checked.parameter_count();
        let trainable = each.map(|(parameter, own)| own.freedom(parameter.len())).sum();
        Self {
            net: net + &start.unwrap_or_default(),
            data,
            recipe: recipe.collect::<Vec<_>>().join("; "),
            parameters: parameters..=parameters,
            trainable: trainable..=trainable,
        }
    }

    /// Says of all points of a sweep at once what an arm is at each of them; `None` without a point.
    pub(crate) fn together(points: &[Self]) -> Option<Self> {
        let first = points.first()?;
        let texts = |of: fn(&Self) -> &String| {
            together(&points.iter().map(|point| of(point).as_str()).collect::<Vec<_>>())
        };
        let span = |of: fn(&Self) -> &RangeInclusive<usize>| {
            points.iter().map(of).fold(of(first).clone(), |all, own| {
                *all.start().min(own.start())..=*all.end().max(own.end())
            })
        };
        Some(Self {
            net: texts(|point| &point.net),
            data: texts(|point| &point.data),
            recipe: texts(|point| &point.recipe),
            parameters: span(|point| &point.parameters),
            trainable: span(|point| &point.trainable),
        })
    }
}

/// What of a text that differs from point to point is written out.
const WRITTEN: usize = 4;

/// Writes several texts as one, with the words in which they differ side by side.
///
/// Word by word where all have equally many; otherwise what stands between their common beginning and
/// their common end.
fn together(texts: &[&str]) -> String {
    let all: Vec<Vec<&str>> = texts.iter().map(|text| words(text)).collect();
    let least = all.iter().map(Vec::len).min().unwrap_or_default();
    let same = |at: &dyn Fn(&Vec<&str>) -> String| all.iter().all(|own| at(own) == at(&all[0]));
    let pieces: Vec<String> = if all.iter().all(|own| own.len() == least) {
        (0..least).map(|at| side_by_side(all.iter().map(|own| own[at].to_owned()))).collect()
    } else {
        let word = |own: &Vec<&str>, at: usize| own[at].to_owned();
        let head = (0..least).take_while(|&at| same(&|own| word(own, at))).count();
        let tail =
            (0..least - head).take_while(|&at| same(&|own| word(own, own.len() - 1 - at))).count();
        let middle = all.iter().map(|own| joined(&own[head..own.len() - tail]));
        let own = |range: &[&str]| range.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (begin, end) = (own(&all[0][..head]), own(&all[0][all[0].len() - tail..]));
        begin.into_iter().chain([side_by_side(middle)]).chain(end).collect()
    };
    joined(&pieces.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Splits a text into words and the marks behind them.
fn words(text: &str) -> Vec<&str> {
    text.split(' ')
        .flat_map(|word| match word.strip_suffix([',', ';']) {
            Some(bare) => vec![bare, &word[bare.len()..]],
            None => vec![word],
        })
        .collect()
}

/// Joins words and marks to a text.
fn joined(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && !word.starts_with([',', ';']) {
            text.push(' ');
        }
        text += word;
    }
    text
}

fn side_by_side(all: impl Iterator<Item = String>) -> String {
    let mut different: Vec<String> = Vec::new();
    for own in all {
        let own = if own.is_empty() { "–".to_owned() } else { own };
        if !different.contains(&own) {
            different.push(own);
        }
    }
    let written = different[..different.len().min(WRITTEN)].join(" | ");
    match different.len() {
        0..=WRITTEN => written,
        all => format!("{written} | … ({all} in all)"),
    }
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn equal_texts_are_written_once() {
        assert_eq!(together(&["a net, 3 layers"; 3]), "a net, 3 layers");
    }

    #[test]
    fn words_that_differ_stand_side_by_side() {
        let texts = ["Adam at rate 0.1, 6 epochs", "Adam at rate 0.01, 6 epochs"];
        assert_eq!(together(&texts), "Adam at rate 0.1 | 0.01, 6 epochs");
    }

    #[test]
    fn texts_of_different_length_differ_between_what_they_share() {
        let texts = ["SGD at rate 1, momentum 0.9; 3 epochs", "SGD at rate 1; 3 epochs"];
        assert_eq!(together(&texts), "SGD at rate 1, momentum 0.9 | –; 3 epochs");
    }

    #[test]
    fn many_values_are_counted() {
        let texts = ["rate 1", "rate 2", "rate 3", "rate 4", "rate 5", "rate 1"];
        assert_eq!(together(&texts), "rate 1 | 2 | 3 | 4 | … (5 in all)");
    }
}
