//! `convscope data get`

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use convscope_data::{FetchError, Fetcher, Known, Step};
use indicatif::{ProgressBar, ProgressStyle as BarStyle};

use super::{home, known, size, verify};
use crate::args::{GetArgs, ProgressStyle};
use crate::complaint::Complaint;
use crate::library::{library, proxy};

/// A plain line of progress no more often than this.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Gets sets that are not there.
pub(super) fn get(args: &GetArgs) -> Result<ExitCode, Complaint> {
    let sets = args.names.iter().map(|name| known(name)).collect::<Result<Vec<_>, _>>()?;
    for known in sets {
        let place = known.present(&library());
        if place.is_some() && verify::sound(known) {
            anstream::eprintln!("{}: it is there, and what was published", known.name);
        } else if args.offline {
            let (name, add) = (known.name, "adds a copy");
            let (what, help) = match place {
                None => ("not there", format!("`convscope data add {name} FOLDER` {add}")),
                Some(_) => (
                    "there, but damaged",
                    format!(
                        "`convscope data verify {name}` says where; `convscope data add {name} FOLDER` {add}"
                    ),
                ),
            };
            let message = format!("{name} is {what}, and --offline forbids to get it");
            return Err(Complaint::Usage { message, help: Some(help) });
        } else {
            fetch(known, args)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn fetch(known: &'static Known, args: &GetArgs) -> Result<(), Complaint> {
    let mut fetcher = Fetcher::default();
    if !args.host.is_empty() {
        let slash = |host: &String| format!("{}/", host.trim_end_matches('/'));
        fetcher = fetcher.from_hosts(args.host.iter().map(slash));
    }
    if let Some((proxy, direct)) = proxy() {
        fetcher = fetcher.through(proxy, &direct);
    }
    let mut told = Told::new(args.progress);
    let got = fetcher.get(known, &home()?, &mut |step| told.note(step));
    told.clear();
    got.map_err(|error| {
        let message = error.to_string();
        let help = error.help().map(|help| help.replace("NAME", known.name));
        match error {
            FetchError::NoHost { .. } | FetchError::Proxy(_) => Complaint::Usage { message, help },
            _ => Complaint::Trouble(
                help.into_iter().fold(message, |message, help| format!("{message}\n{help}")),
            ),
        }
    })
}

/// Tells how far it is: a bar on a terminal, plain lines elsewhere.
struct Told {
    style: ProgressStyle,
    bar: Option<ProgressBar>,
    last: Instant,
}

impl Told {
    fn new(style: ProgressStyle) -> Self {
        let style = match style {
            ProgressStyle::Auto if std::io::stderr().is_terminal() => ProgressStyle::Bar,
            ProgressStyle::Auto => ProgressStyle::Plain,
            chosen => chosen,
        };
        Self { style, bar: None, last: Instant::now() }
    }

    fn note(&mut self, step: Step<'_>) {
        match step {
            Step::There(file) => self.say(&format!("there   {}", file.display())),
            Step::Asking(url) => {
                self.say(&format!("asking  {url}"));
                self.last = Instant::now();
            }
            Step::Came(have, total) => self.came(have, total),
            Step::Failed(_, why) => self.say(&format!("failed  {why}")),
            Step::Done(file) => self.say(&format!("done    {}", file.display())),
            Step::SetAside(file) => self.say(&format!("damaged, set aside {}", file.display())),
        }
    }

    fn came(&mut self, have: u64, total: Option<u64>) {
        if self.style == ProgressStyle::Bar {
            let bar = self.bar.get_or_insert_with(|| {
                let bar = ProgressBar::new(total.unwrap_or_default());
                let template = "{bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
                let style = BarStyle::with_template(template);
                bar.set_style(style.unwrap_or_else(|_| BarStyle::default_bar()));
                bar
            });
            bar.set_position(have);
        } else if self.style == ProgressStyle::Plain && self.last.elapsed() >= BETWEEN_LINES {
            self.last = Instant::now();
            let of = total.map(|total| format!(" of {}", size(total))).unwrap_or_default();
            anstream::eprintln!("        {}{of}", size(have));
        }
    }

    fn say(&mut self, line: &str) {
        self.clear();
        if self.style != ProgressStyle::None {
            anstream::eprintln!("{line}");
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
