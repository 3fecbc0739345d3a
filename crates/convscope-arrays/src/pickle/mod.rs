//! Python's pickles, of which only data is made.
//!
//! A pickle is a program for a machine with a stack. Of this machine the parts that import and call
//! are left out: what a pickle would have called becomes a [`Object::Made`], a name and no more.
//! Four names mean something, and none of them is called: `OrderedDict` is a dictionary, and
//! `_rebuild_tensor_v2`, `_rebuild_parameter` and the storages say where a tensor is.
//!
//! Source: Lib/pickletools.py of `CPython`, protocols 0 to 5.

mod find;
mod plain;

use std::collections::BTreeMap;

pub(crate) use find::Found;

use crate::array::MOST_DIMENSIONS;
use crate::bytes::{Bytes, Why};
use crate::kind::Kind;
use plain::{decimal, plain, text};

/// An object's number among those of its pickle.
pub(crate) type Id = usize;

/// What a pickle makes.
#[derive(Debug, Clone)]
pub(crate) enum Object<'a> {
    /// A number, nothing or bytes: what no tensor is found by.
    Other,
    Flag(bool),
    Whole(i64),
    Text(&'a str),
    /// A tuple, list or set.
    Row(Vec<Id>),
    Dictionary(Vec<(Id, Id)>),
    /// A name in a module, which is not looked up.
    Global(&'a str, &'a str),
    Storage(Storage<'a>),
    Tensor(Box<View<'a>>),
    /// What a call would have made.
    Made(Box<Made<'a>>),
}

/// An object of a class that is not known.
#[derive(Debug, Clone)]
pub(crate) struct Made<'a> {
    /// The module and the name of its class, or of the function that makes it.
    pub(crate) global: (&'a str, &'a str),
    /// What the class or function was given.
    pub(crate) arguments: Option<Id>,
    /// The entries that were put into it.
    pub(crate) entries: Vec<(Id, Id)>,
    /// Its attributes.
    pub(crate) state: Option<Id>,
}

/// Where numbers are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Storage<'a> {
    pub(crate) kind: Kind,
    pub(crate) key: &'a str,
    /// Where it begins within the storage of that key.
    pub(crate) offset: usize,
}

/// A tensor within a storage.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    pub(crate) storage: Storage<'a>,
    pub(crate) offset: usize,
    pub(crate) dimensions: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

/// Everything that a pickle made.
pub(crate) struct Pickle<'a> {
    pub(crate) objects: Vec<Object<'a>>,
    /// The object that it stands for.
    pub(crate) root: Id,
}

/// Far more than the largest model's pickle makes or remembers; a hostile one would make one of
/// every byte.
const MOST_OBJECTS: usize = 1 << 22;

/// Runs a pickle up to its end; what follows is left in `bytes`.
pub(crate) fn run<'a>(bytes: &mut Bytes<'a>) -> Result<Pickle<'a>, Why> {
    let mut machine = Machine { room: bytes.left(), ..Machine::default() };
    loop {
        if let Some(root) = machine.step(bytes)? {
            return Ok(Pickle { objects: machine.objects, root });
        }
        if machine.objects.len().max(machine.memo.len()) > MOST_OBJECTS {
            return Err(format!("it makes more than {MOST_OBJECTS} objects"));
        }
    }
}

#[derive(Default)]
struct Machine<'a> {
    objects: Vec<Object<'a>>,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: BTreeMap<u64, Id>,
    /// How many things may still be copied. A byte of the pickle stands behind each thing that is
    /// made once; what is remembered could be copied again and again.
    room: usize,
}

impl<'a> Machine<'a> {
    /// Takes one step; returns the result at the end.
    fn step(&mut self, bytes: &mut Bytes<'a>) -> Result<Option<Id>, Why> {
        match bytes.u8()? {
            b'.' => return self.pop().map(Some),
            // PROTO, FRAME
            0x80 => drop(bytes.u8()?),
            0x95 => drop(bytes.u64()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.popped_to_mark()?),
            b'2' => {
                let top = *self.stack.last().ok_or(EMPTY)?;
                self.stack.push(top);
            }
            code @ (b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j') => {
                self.remember(code, bytes)?;
            }
            code @ (b'}' | b']' | b')' | 0x8f | b't' | b'l' | b'd' | 0x91 | 0x85..=0x87) => {
                self.make_row(code)?;
            }
            code @ (b'a' | b'e' | b's' | b'u' | 0x90) => self.fill(code)?,
            code @ (b'c' | 0x93) => self.name_global(code, bytes)?,
            code @ (b'R' | 0x81 | 0x92 | b'o' | b'i' | b'b') => self.make_object(code, bytes)?,
            b'Q' => {
                let id = self.pop()?;
                let object = self.kept(id);
                self.push(object);
            }
            code => {
                let object = plain(code, bytes)?;
                self.push(object);
            }
        }
        Ok(None)
    }

    fn push(&mut self, object: Object<'a>) {
        self.objects.push(object);
        self.stack.push(self.objects.len() - 1);
    }

    fn pop(&mut self) -> Result<Id, Why> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(EMPTY.into());
        }
        self.stack.pop().ok_or_else(|| EMPTY.into())
    }

    fn popped_to_mark(&mut self) -> Result<Vec<Id>, Why> {
        let mark = self.marks.pop().ok_or("it goes back to a mark that it never made")?;
        Ok(self.stack.split_off(mark))
    }

    fn spend(&mut self, count: usize) -> Result<(), Why> {
        self.room = self.room.checked_sub(count).ok_or("it copies more than it holds")?;
        Ok(())
    }

    fn remember(&mut self, code: u8, bytes: &mut Bytes<'a>) -> Result<(), Why> {
        let number = match code {
            b'p' | b'g' => decimal(bytes.line()?)?.cast_unsigned(),
            b'q' | b'h' => bytes.u8()?.into(),
            b'r' | b'j' => bytes.u32()?.into(),
            _ => self.memo.len() as u64,
        };
        if matches!(code, b'g' | b'h' | b'j') {
            let id = self.memo.get(&number).ok_or("it recalls what it never remembered")?;
            self.stack.push(*id);
        } else {
            let top = *self.stack.last().ok_or(EMPTY)?;
            self.memo.insert(number, top);
        }
        Ok(())
    }

    fn make_row(&mut self, code: u8) -> Result<(), Why> {
        let object = match code {
            b'}' => Object::Dictionary(Vec::new()),
            b']' | b')' | 0x8f => Object::Row(Vec::new()),
            b'd' => Object::Dictionary(pairs(&self.popped_to_mark()?)?),
            0x85..=0x87 => {
                let mut row = Vec::new();
                for _ in 0x85..=code {
                    row.insert(0, self.pop()?);
                }
                Object::Row(row)
            }
            _ => Object::Row(self.popped_to_mark()?),
        };
        self.push(object);
        Ok(())
    }

    /// Puts things into what lies below them.
    fn fill(&mut self, code: u8) -> Result<(), Why> {
        let things = match code {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.popped_to_mark()?,
        };
        let below = *self.stack.last().ok_or(EMPTY)?;
        match (&mut self.objects[below], code) {
            (Object::Row(row), b'a' | b'e' | 0x90) => row.extend(things),
            (Object::Dictionary(entries), b's' | b'u') => entries.extend(pairs(&things)?),
            (Object::Made(made), b's' | b'u') => made.entries.extend(pairs(&things)?),
            (Object::Made(_), _) => {}
            _ => return Err("it puts something into what takes nothing".into()),
        }
        Ok(())
    }

    fn name_global(&mut self, code: u8, bytes: &mut Bytes<'a>) -> Result<(), Why> {
        let (module, name) = if code == b'c' {
            (text(bytes.line()?), text(bytes.line()?))
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            (self.text(module), self.text(name))
        };
        let named = module.zip(name).ok_or("it names something that is no text")?;
        self.push(Object::Global(named.0, named.1));
        Ok(())
    }

    /// Notes what a call would make; makes dictionaries and tensors.
    fn make_object(&mut self, code: u8, bytes: &mut Bytes<'a>) -> Result<(), Why> {
        if code == b'b' {
            let state = self.pop()?;
            let below = *self.stack.last().ok_or(EMPTY)?;
            if let Object::Made(made) = &mut self.objects[below] {
                made.state = Some(state);
            }
            return Ok(());
        }
        if matches!(code, b'o' | b'i') {
            let named = if code == b'i' {
                text(bytes.line()?).zip(text(bytes.line()?))
            } else {
                Some(("an old class", ""))
            };
            self.popped_to_mark()?;
            let global = named.ok_or("it names something that is no text")?;
            let made = Made { global, arguments: None, entries: Vec::new(), state: None };
            self.push(Object::Made(made.into()));
            return Ok(());
        }
        if code == 0x92 {
            self.pop()?;
        }
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let object = self.called(callable, arguments)?;
        self.push(object);
        Ok(())
    }

    fn called(&mut self, callable: Id, arguments: Id) -> Result<Object<'a>, Why> {
        let given: &[Id] = match &self.objects[arguments] {
            Object::Row(row) => row,
            _ => &[],
        };
        let global = match self.objects[callable] {
            Object::Global(module, name) => (module, name),
            _ => ("something", "made"),
        };
        let made = Made { global, arguments: Some(arguments), entries: Vec::new(), state: None };
        match (global, given) {
            (("collections", "OrderedDict"), []) => Ok(Object::Dictionary(Vec::new())),
            (("collections", "OrderedDict"), &[list]) => {
                let entries = self.listed_pairs(list);
                self.spend(entries.len())?;
                Ok(Object::Dictionary(entries))
            }
            (("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor"), given) => {
                let view = self.view(given);
                let Some(view) = view else { return Ok(Object::Made(made.into())) };
                self.spend(2 * view.dimensions.len())?;
                Ok(Object::Tensor(view.into()))
            }
            (
                ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state"),
                &[tensor, ..],
            ) => match &self.objects[tensor] {
                Object::Tensor(view) => {
                    let view = view.clone();
                    self.spend(2 * view.dimensions.len())?;
                    Ok(Object::Tensor(view))
                }
                _ => Ok(Object::Made(made.into())),
            },
            _ => Ok(Object::Made(made.into())),
        }
    }

    /// Reads `[(key, value), …]`.
    fn listed_pairs(&self, list: Id) -> Vec<(Id, Id)> {
        let Object::Row(list) = &self.objects[list] else { return Vec::new() };
        let pair = |id: &Id| match &self.objects[*id] {
            Object::Row(pair) => <[Id; 2]>::try_from(pair.as_slice()).ok(),
            _ => None,
        };
        list.iter().take(self.room + 1).filter_map(pair).map(|[key, value]| (key, value)).collect()
    }

    /// Reads storage, offset, sizes and strides.
    fn view(&self, given: &[Id]) -> Option<View<'a>> {
        let &[storage, offset, dimensions, strides, ..] = given else { return None };
        let Object::Storage(storage) = self.objects[storage] else { return None };
        let (offset, dimensions) = (self.size(offset)?, self.sizes(dimensions)?);
        Some(View { storage, offset, dimensions, strides: self.sizes(strides)? })
    }

    /// Reads `("storage", torch.FloatStorage, key, location, count)`, and before it was archives
    /// `(view's key, offset, count)` behind it. A class stands as `("module", class, …)`.
    fn kept(&self, id: Id) -> Object<'a> {
        let Object::Row(row) = &self.objects[id] else { return Object::Other };
        let &[word, class, ref rest @ ..] = row.as_slice() else { return Object::Other };
        let Object::Global(module, name) = self.objects[class] else { return Object::Other };
        if self.text(word) == Some("module") {
            return Object::Global(module, name);
        }
        let kind = Kind::stored(name).filter(|_| module == "torch");
        let key = rest.first().and_then(|&key| self.text(key));
        let offset = match rest.get(3).map(|&view| &self.objects[view]) {
            Some(Object::Row(view)) => view.get(1).and_then(|&offset| self.size(offset)),
            _ => Some(0),
        };
        match (self.text(word), kind, key, offset) {
            (Some("storage"), Some(kind), Some(key), Some(offset)) => {
                Object::Storage(Storage { kind, key, offset })
            }
            _ => Object::Other,
        }
    }

    fn text(&self, id: Id) -> Option<&'a str> {
        match self.objects[id] {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    fn size(&self, id: Id) -> Option<usize> {
        match self.objects[id] {
            Object::Whole(number) => number.try_into().ok(),
            _ => None,
        }
    }

    fn sizes(&self, id: Id) -> Option<Vec<usize>> {
        match &self.objects[id] {
            Object::Row(row) if row.len() <= MOST_DIMENSIONS => {
                row.iter().map(|&id| self.size(id)).collect()
            }
            _ => None,
        }
    }
}

const EMPTY: &str = "it takes from an empty stack";

fn pairs(things: &[Id]) -> Result<Vec<(Id, Id)>, Why> {
    match things.as_chunks::<2>() {
        (pairs, []) => Ok(pairs.iter().map(|&[key, value]| (key, value)).collect()),
        _ => Err("it has a key without a value".into()),
    }
}
