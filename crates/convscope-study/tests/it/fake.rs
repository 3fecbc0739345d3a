//! A device that is the engine, with what devices do wrong.

use std::sync::Mutex;

use convscope_train::{
    ComputeError, Continue, Epoch, Form, Member, TrainError, Trained, Trainer, train,
};

/// What a device is told to do before it trains a group of some models.
type Prelude = Box<dyn Fn(&[Member<'_>]) -> Result<(), TrainError> + Send + Sync>;

/// A device that trains each model of a group by the engine.
pub(crate) struct Fake {
    name: &'static str,
    prelude: Prelude,
    /// How many models each group had, in order, those that failed included.
    groups: Mutex<Vec<usize>>,
}

impl Fake {
    pub(crate) fn new(
        name: &'static str,
        prelude: impl Fn(&[Member<'_>]) -> Result<(), TrainError> + Send + Sync + 'static,
    ) -> Self {
        Self { name, prelude: Box::new(prelude), groups: Mutex::default() }
    }

    /// A device with memory for some models at once.
    pub(crate) fn with_room(room: usize) -> Self {
        Self::new("fake", move |members| {
            let (models, reason) = (members.len(), "out of memory".to_owned());
            if models > room { Err(ComputeError::Memory { models, reason }.into()) } else { Ok(()) }
        })
    }

    pub(crate) fn groups(&self) -> Vec<usize> {
        self.groups.lock().unwrap().clone()
    }
}

impl Trainer for Fake {
    fn name(&self) -> &str {
        self.name
    }

    fn alone(&self, form: &Form<'_>) -> Option<&'static str> {
        form.recipe.clip().map(|_| "clipped gradients")
    }

    fn train(
        &self,
        members: &[Member<'_>],
        watch: &mut dyn FnMut(usize, &Epoch) -> Continue,
    ) -> Result<Vec<Trained>, TrainError> {
        self.groups.lock().unwrap().push(members.len());
        (self.prelude)(members)?;
        let first = members[0].training.form();
        let alike = |member: &Member<'_>| first.differs(&member.training.form()).is_none();
        assert!(members.iter().all(alike), "a group is of one form");
        let one = |(place, member): (usize, &Member<'_>)| {
            train(&member.training, member.weights.clone(), &mut |epoch, _| watch(place, epoch))
        };
        members.iter().enumerate().map(one).collect()
    }
}
