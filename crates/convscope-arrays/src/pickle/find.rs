//! Tensors among the objects of a pickle: a state dictionary, a checkpoint, a whole model.

use std::collections::BTreeMap;

use super::{Id, Object, Pickle, View};
use crate::SAMPLE_IDS;

/// The tensors of a pickle by name, and how they were found.
pub(crate) struct Found<'p, 'a> {
    pub(crate) views: BTreeMap<String, &'p View<'a>>,
    pub(crate) notes: Vec<String>,
}

/// Under which names checkpoints keep a model, the likeliest first.
const KEPT_UNDER: [&str; 6] =
    ["state_dict", "model_state_dict", "model", "net", "network", "weights"];

/// How deep a checkpoint may hold a model within others.
const DEEPEST: usize = 3;
/// How deep a model may hold a layer.
const DEEPEST_LAYER: usize = 64;
/// No name of a tensor is longer.
const LONGEST_NAME: usize = 1024;

impl<'a> Pickle<'a> {
    /// Finds tensors, or names what would have to be run to find them.
    pub(crate) fn tensors(&self) -> Result<Found<'_, 'a>, Option<String>> {
        self.below(self.root, 0).ok_or_else(|| self.unknown())
    }

    /// Returns an entry of a dictionary; of entries under one key the last counts.
    pub(crate) fn entry(&self, id: Id, key: &str) -> Option<Id> {
        let entries = self.entries(id)?.iter().rev();
        entries.filter(|(own, _)| self.text(*own) == Some(key)).map(|&(_, value)| value).next()
    }

    fn below(&self, id: Id, depth: usize) -> Option<Found<'_, 'a>> {
        if depth < DEEPEST {
            for key in KEPT_UNDER {
                let value = self.entry(id, key);
                if let Some(mut found) = value.and_then(|value| self.below(value, depth + 1)) {
                    found.notes.insert(0, format!("the tensors stood under `{key}`"));
                    return Some(found);
                }
            }
        }
        self.flat(id).or_else(|| self.model(id))
    }

    /// Reads a dictionary of tensors.
    fn flat(&self, id: Id) -> Option<Found<'_, 'a>> {
        let (mut views, mut others) = (BTreeMap::new(), 0);
        for &(key, value) in self.entries(id)? {
            match (self.text(key), &self.objects[value]) {
                (Some(name), Object::Tensor(view)) if name.len() <= LONGEST_NAME => {
                    views.insert(name.to_owned(), &**view);
                }
                (Some(SAMPLE_IDS), _) => {}
                _ => others += 1,
            }
        }
        if views.is_empty() {
            return None;
        }
        let note = || format!("{others} entries beside the tensors were left out");
        Some(Found { views, notes: if others > 0 { vec![note()] } else { Vec::new() } })
    }

    /// Reads a model that was saved whole: parameters, buffers, and layers that are models.
    fn model(&self, id: Id) -> Option<Found<'_, 'a>> {
        let mut views = BTreeMap::new();
        // A layer in two places is walked through twice, which could be nested without end.
        let mut room = self.objects.len().saturating_mul(16);
        let mut open = vec![(String::new(), id, 0)];
        while let Some((prefix, id, depth)) = open.pop() {
            let Object::Made(made) = &self.objects[id] else { continue };
            let Some(state) = made.state else { continue };
            let passing = self.passing(state);
            let of = |key: &str| self.entry(state, key).and_then(|kept| self.entries(kept));
            for (key, is_layer) in [("_parameters", false), ("_buffers", false), ("_modules", true)]
            {
                for &(name, value) in of(key).unwrap_or_default() {
                    let Some(name) = self.text(name) else { continue };
                    room = room.checked_sub(1 + name.len() / 16 + prefix.len() / 16)?;
                    let whole = format!("{prefix}{name}");
                    if whole.len() > LONGEST_NAME || depth > DEEPEST_LAYER {
                        return None;
                    }
                    match &self.objects[value] {
                        Object::Tensor(view) if !is_layer && !passing.contains(&name) => {
                            views.insert(whole, &**view);
                        }
                        _ if is_layer => open.push((format!("{whole}."), value, depth + 1)),
                        _ => {}
                    }
                }
            }
            room = room.checked_sub(self.entries(state).map_or(0, <[_]>::len))?;
        }
        let notes =
            vec!["a whole model was saved; its tensors were taken, its code was not".into()];
        (!views.is_empty()).then_some(Found { views, notes })
    }

    /// Returns the names of buffers that a model does not save in its state dictionary.
    fn passing(&self, state: Id) -> Vec<&'a str> {
        let set = self.entry(state, "_non_persistent_buffers_set").map(|set| &self.objects[set]);
        let listed = match set {
            Some(Object::Made(made)) => {
                made.arguments.and_then(|id| self.row(id)?.first().copied())
            }
            _ => None,
        };
        let names = listed.and_then(|id| self.row(id)).unwrap_or_default();
        names.iter().filter_map(|&name| self.text(name)).collect()
    }

    /// Names the first class or function that is not known, that of the whole before others.
    fn unknown(&self) -> Option<String> {
        let whole = std::iter::once(&self.objects[self.root]).chain(&self.objects);
        let mut made = whole.filter_map(|object| match object {
            Object::Made(made) => Some(made.global),
            _ => None,
        });
        made.next().map(|(module, name)| format!("{module}.{name}"))
    }

    fn entries(&self, id: Id) -> Option<&[(Id, Id)]> {
        match &self.objects[id] {
            Object::Dictionary(entries) => Some(entries),
            Object::Made(made) if !made.entries.is_empty() => Some(&made.entries),
            _ => None,
        }
    }

    /// Returns the things of a tuple or list.
    pub(crate) fn row(&self, id: Id) -> Option<&[Id]> {
        match &self.objects[id] {
            Object::Row(row) => Some(row),
            _ => None,
        }
    }

    /// Returns a list of whole numbers or texts, as texts.
    pub(crate) fn words(&self, id: Id) -> Option<Vec<String>> {
        let word = |id: &Id| match self.objects[*id] {
            Object::Text(text) => Some(text.to_owned()),
            Object::Whole(number) => Some(number.to_string()),
            _ => None,
        };
        self.row(id)?.iter().map(word).collect()
    }

    pub(crate) fn text(&self, id: Id) -> Option<&'a str> {
        match self.objects[id] {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }
}
