//! Optimal assignment and transport between few things.

/// Returns the cheapest way to ship: (from, to, how much), in the order of sources.
///
/// `cost` is row-major, sources × sinks; every source ships `supply`, every sink takes at most
/// `demand`. With both 1 this is the assignment problem. Exact: shortest augmenting paths with
/// potentials (Tomizawa 1971; Jonker and Volgenant 1987, doi:10.1007/BF02278710), integer amounts.
/// Equal costs go to the sink of the lower number. Cost: about p²q, at worst more by the number of
/// times a shipment is split.
///
/// # Panics
/// If more is supplied than taken, or `cost` is not sources × sinks: a caller's bug.
pub(crate) fn ship(
    cost: &[f64],
    sinks: usize,
    supply: u64,
    demand: u64,
) -> Vec<(usize, usize, u64)> {
    let sources = cost.len().checked_div(sinks).unwrap_or(0);
    assert!(
        cost.len() == sources * sinks && sources as u64 * supply <= sinks as u64 * demand,
        "caller's bug: {sources} sources of {supply} for {sinks} sinks of {demand}"
    );
    let mut plan = Plan::new(cost, sinks, demand);
    for source in 0..sources {
        let mut left = supply;
        while left > 0 {
            left -= plan.augment(source, left);
        }
    }
    let mut shipped: Vec<(usize, usize, u64)> = plan
        .into
        .iter()
        .enumerate()
        .flat_map(|(sink, from)| from.iter().map(move |(source, much)| (*source, sink, *much)))
        .collect();
    shipped.sort_unstable();
    shipped
}

/// Returns for each source its sink under the cheapest one-to-one assignment.
///
/// `cost` is row-major, sources × sinks, with at most as many sources as sinks.
pub(crate) fn assign(cost: &[f64], sinks: usize) -> Vec<usize> {
    ship(cost, sinks, 1, 1).into_iter().map(|(_, sink, _)| sink).collect()
}

struct Plan<'a> {
    cost: &'a [f64],
    sinks: usize,
    of_source: Vec<f64>,
    of_sink: Vec<f64>,
    /// What is free in each sink.
    free: Vec<u64>,
    /// Who ships how much into each sink.
    into: Vec<Vec<(usize, u64)>>,
    search: Search,
}

/// The shortest-path tree from one source.
struct Search {
    reach: Vec<f64>,
    parent: Vec<usize>,
    open: Vec<usize>,
    closed: Vec<usize>,
    /// Sources in the tree: which, at what distance.
    sources: Vec<(usize, f64)>,
    /// The sink through which a source was reached.
    through: Vec<usize>,
    seen: Vec<bool>,
}

impl<'a> Plan<'a> {
    fn new(cost: &'a [f64], sinks: usize, demand: u64) -> Self {
        let sources = cost.len() / sinks.max(1);
        let search = Search {
            reach: vec![0.0; sinks],
            parent: vec![0; sinks],
            open: Vec::with_capacity(sinks),
            closed: Vec::with_capacity(sinks),
            sources: Vec::new(),
            through: vec![usize::MAX; sources],
            seen: vec![false; sources],
        };
        Self {
            cost,
            sinks,
            of_source: vec![0.0; sources],
            of_sink: vec![0.0; sinks],
            free: vec![demand; sinks],
            into: vec![Vec::new(); sinks],
            search,
        }
    }

    /// Ships up to `most` from a source along a shortest path and returns how much.
    fn augment(&mut self, source: usize, most: u64) -> u64 {
        let (end, length) = self.shortest(source);
        for &(reached, at) in &self.search.sources {
            self.of_source[reached] += length - at;
            self.search.seen[reached] = false;
        }
        for &sink in &self.search.closed {
            self.of_sink[sink] -= length - self.search.reach[sink];
        }
        let mut much = most.min(self.free[end]);
        let mut sink = end;
        while let Some((via, from)) = self.step(sink, source) {
            much = much.min(self.shipped(via, from));
            sink = via;
        }
        self.free[end] -= much;
        let mut sink = end;
        loop {
            let from = self.search.parent[sink];
            self.change(sink, from, |shipped| shipped + much);
            let Some((via, from)) = self.step(sink, source) else { return much };
            self.change(via, from, |shipped| shipped - much);
            sink = via;
        }
    }

    /// Returns the sink before this one on the path, and the source between the two.
    fn step(&self, sink: usize, start: usize) -> Option<(usize, usize)> {
        let from = self.search.parent[sink];
        (from != start).then(|| (self.search.through[from], from))
    }

    fn shipped(&self, sink: usize, from: usize) -> u64 {
        self.into[sink].iter().find(|(source, _)| *source == from).map_or(0, |(_, much)| *much)
    }

    fn change(&mut self, sink: usize, from: usize, new: impl Fn(u64) -> u64) {
        let into = &mut self.into[sink];
        match into.iter().position(|(source, _)| *source == from) {
            Some(place) => {
                into[place].1 = new(into[place].1);
                if into[place].1 == 0 {
                    into.swap_remove(place);
                }
            }
            None => into.push((from, new(0))),
        }
    }

    /// Grows the tree from a source to the nearest sink with room; returns it and its distance.
    fn shortest(&mut self, start: usize) -> (usize, f64) {
        let search = &mut self.search;
        search.reach.fill(f64::INFINITY);
        search.open.clear();
        search.open.extend(0..self.sinks);
        search.closed.clear();
        search.sources.clear();
        search.sources.push((start, 0.0));
        search.seen[start] = true;
        let mut expanded = 0;
        loop {
            let mut nearest = 0;
            while expanded < search.sources.len() {
                let (source, at) = search.sources[expanded];
                let row = &self.cost[source * self.sinks..(source + 1) * self.sinks];
                let base = at - self.of_source[source];
                for &sink in &search.open {
                    let length = base + row[sink] - self.of_sink[sink];
                    if length < search.reach[sink] {
                        search.reach[sink] = length;
                        search.parent[sink] = source;
                    }
                }
                expanded += 1;
            }
            for place in 1..search.open.len() {
                let (this, best) = (search.open[place], search.open[nearest]);
                let (ours, theirs) = (search.reach[this], search.reach[best]);
                // A free sink ends the search, so it is taken first among equals.
                let freer = (self.free[this] > 0, best) > (self.free[best] > 0, this);
                if ours < theirs || (ours <= theirs && freer) {
                    nearest = place;
                }
            }
            let sink = search.open.swap_remove(nearest);
            let length = search.reach[sink];
            search.closed.push(sink);
            if self.free[sink] > 0 {
                return (sink, length);
            }
            for &(source, _) in &self.into[sink] {
                if !search.seen[source] {
                    search.seen[source] = true;
                    search.through[source] = sink;
                    search.sources.push((source, length));
                }
            }
        }
    }
}
