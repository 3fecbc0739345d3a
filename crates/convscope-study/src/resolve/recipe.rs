//! Recipes of a study, with what they are like.

use std::collections::BTreeMap;

use convscope_core::registry::SettingError;
use convscope_train::Recipe;
use serde_json::{Map, Value};

use super::Resolver;
use crate::error::{StudyError, defined};
use crate::sweep::Point;

impl Resolver<'_> {
    /// Resolves the recipe of a model: a name, or a table that may be like a named one.
    pub(super) fn recipe(
        &self,
        model: &str,
        value: &Value,
        point: &Point<'_>,
    ) -> Result<(Recipe, Value), StudyError> {
        let here = ["model".to_owned(), model.to_owned(), "recipe".to_owned()];
        let mut layers = Vec::new();
        let (mut value, mut path) = (value.clone(), here.to_vec());
        loop {
            let base = match &value {
                Value::String(name) => Some(name.clone()),
                Value::Object(table) => {
                    layers.push((table.clone(), path.clone()));
                    table.get("like").and_then(Value::as_str).map(str::to_owned)
                }
                _ => {
                    return Err(self.wrong(
                        &path,
                        SettingError::at("", "wanted a recipe's name, or a recipe"),
                    ));
                }
            };
            let Some(name) = base else { break };
            let recipes = self.file.recipe.keys().map(String::as_str);
            defined("recipe", &name, recipes).map_err(|error| self.wrong(&path, error))?;
            path = vec!["recipe".to_owned(), name.clone()];
            if layers.len() > self.file.recipe.len() {
                let message = format!("`{name}` is like itself");
                return Err(self.wrong(&path, SettingError::at("like", message)));
            }
            value =
                point.fill(&self.file.recipe[&name]).map_err(|error| self.wrong(&path, error))?;
        }
        self.merged(&layers)
    }

    /// Puts later layers under earlier ones and reads the recipe that results.
    fn merged(
        &self,
        layers: &[(Map<String, Value>, Vec<String>)],
    ) -> Result<(Recipe, Value), StudyError> {
        let mut merged: BTreeMap<&str, (&Value, &[String])> = BTreeMap::new();
        for (table, path) in layers.iter().rev() {
            for (key, value) in table.iter().filter(|(key, _)| *key != "like") {
                merged.insert(key, (value, path));
            }
        }
        let table: Map<String, Value> =
            merged.iter().map(|(key, (value, _))| ((*key).to_owned(), (*value).clone())).collect();
        let placed = |error: SettingError| {
            let first = error.path.first().and_then(|key| merged.get(key.as_str()));
            let whole = layers.first().map_or(&[][..], |(_, path)| path);
            let path = first.map_or(whole, |(_, path)| path);
            self.wrong(path, error)
        };
        let recipe = Recipe::read(Value::Object(table)).map_err(placed)?;
        let canonical = recipe.canonical();
        Ok((recipe, canonical))
    }

    fn wrong(&self, path: &[String], error: SettingError) -> StudyError {
        let error = path.iter().rev().fold(error, |error, key| error.below(key));
        StudyError::of_setting(self.text, error)
    }
}
