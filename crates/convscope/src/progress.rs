//! Progress of a run: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use convscope_study::Event;
use indicatif::{ProgressBar, ProgressStyle as BarStyle};

use crate::args::ProgressStyle;

/// A plain line no more often than this.
pub(crate) const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Tells how far a run is.
pub(crate) struct Progress {
    style: ProgressStyle,
    bar: Option<ProgressBar>,
    begun: Instant,
    told: Instant,
    jobs: usize,
    done: usize,
    cost: f64,
    cost_done: f64,
}

impl Progress {
    /// Begins to tell, in the style asked for.
    pub(crate) fn new(style: ProgressStyle) -> Self {
        let style = match style {
            ProgressStyle::Auto if std::io::stderr().is_terminal() => ProgressStyle::Bar,
            ProgressStyle::Auto => ProgressStyle::Plain,
            chosen => chosen,
        };
        let now = Instant::now();
        Self {
            style,
            bar: None,
            begun: now,
            told: now,
            jobs: 0,
            done: 0,
            cost: 0.0,
            cost_done: 0.0,
        }
    }

    /// Takes note of a step.
    pub(crate) fn note(&mut self, event: Event<'_>) {
        match event {
            Event::Started { jobs, before, cost } => self.start(jobs, before, cost),
            Event::Together { device, models } => {
                if self.style == ProgressStyle::Plain {
                    anstream::eprintln!("{device}: {models} models at once");
                }
            }
            Event::Split { device, models, most, reason } => self.say(&format!(
                "{device}: {models} models at once did not go ({reason}); {} from now on",
                if most == 1 { "each alone".to_owned() } else { format!("at most {most}") }
            )),
            Event::Resumed { epoch } => {
                if self.style == ProgressStyle::Plain {
                    anstream::eprintln!("a training goes on after epoch {epoch}");
                }
            }
            Event::Anew { fault } => self.say(&format!("note: {fault}")),
            Event::Finished { cost, .. } => {
                self.done += 1;
                self.cost_done += cost;
                self.tell();
            }
        }
    }

    fn start(&mut self, jobs: usize, before: usize, cost: f64) {
        (self.jobs, self.cost) = (jobs, cost);
        match self.style {
            ProgressStyle::Bar => {
                let bar = ProgressBar::new(1000);
                let template = "{bar:32} {percent:>3} %  {msg}  {elapsed}";
                bar.set_style(
                    BarStyle::with_template(template).unwrap_or_else(|_| BarStyle::default_bar()),
                );
                bar.set_message(format!("{jobs} jobs"));
                self.bar = Some(bar);
            }
            ProgressStyle::Plain => {
                anstream::eprintln!("{jobs} jobs to do, {before} done before");
            }
            ProgressStyle::Auto | ProgressStyle::None => {}
        }
    }

    /// Says something aloud, above the bar if there is one.
    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| anstream::eprintln!("{line}")),
            None if self.style == ProgressStyle::None => {}
            None => anstream::eprintln!("{line}"),
        }
    }

    fn tell(&mut self) {
        // Jobs differ in length by a thousand times: the share of work tells more than their count.
        let share = if self.cost > 0.0 { self.cost_done / self.cost } else { 1.0 };
        let left = self.begun.elapsed().mul_f64((1.0 / share.max(1e-6) - 1.0).max(0.0));
        let counts = format!("{} of {} jobs, {} left", self.done, self.jobs, spoken(left));
        match &self.bar {
            Some(bar) => {
                bar.set_position((share * 1000.0) as u64);
                bar.set_message(counts);
                if self.done == self.jobs {
                    bar.finish_and_clear();
                }
            }
            None if self.style == ProgressStyle::Plain => {
                let last = self.done == self.jobs;
                if last || self.told.elapsed() >= BETWEEN_LINES {
                    self.told = Instant::now();
                    anstream::eprintln!("{:>3.0} %  {counts}", share * 100.0);
                }
            }
            None => {}
        }
    }
}

/// Says a length of time as people do.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
