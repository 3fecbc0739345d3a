//! `convscope kernels FILE`

use std::io::BufWriter;
use std::process::ExitCode;

use crate::args::KernelsArgs;
use crate::complaint::Complaint;
use crate::kernels::{Asked, Bar, Hears, Kernels, Paged, Told, Written};

/// Looks for structure in the kernels of a file: prints a table or JSON, and writes a page.
pub(crate) fn kernels(args: &KernelsArgs) -> Result<ExitCode, Complaint> {
    let asked = Asked::of(args)?;
    let kernels = Kernels::open(&asked)?;
    for note in &kernels.notes {
        anstream::eprintln!("note: {note}");
    }
    let mut paged = args.out.as_ref().map(|_| Paged::of(&kernels));
    let mut bar = Bar::of(&kernels);
    let mut hearers: Vec<&mut dyn Hears> = vec![&mut bar];
    hearers.extend(paged.as_mut().map(|paged| paged as &mut dyn Hears));
    if args.json {
        let mut written = Written::begin(BufWriter::new(std::io::stdout().lock()), &kernels)?;
        hearers.push(&mut written);
        kernels.probe(&asked, &mut hearers)?;
        written.end()?;
    } else {
        let mut told = Told::default();
        hearers.push(&mut told);
        kernels.probe(&asked, &mut hearers)?;
        drop(bar);
        anstream::print!("{}", told.text(&kernels));
    }
    if let (Some(path), Some(paged)) = (&args.out, paged) {
        let html = convscope_report::page::html(&paged.page(&kernels));
        std::fs::write(path, html).map_err(|error| {
            Complaint::Trouble(format!("cannot write {}: {error}", path.display()))
        })?;
        anstream::eprintln!("page: {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
