//! `convscope scan PATH…`

use std::io::BufWriter;
use std::process::ExitCode;

use crate::args::ScanArgs;
use crate::complaint::Complaint;
use crate::scan::{Asked, Hears, Paged, Told, Total, Written};

/// Looks at all 3 × 3 kernels of files: prints tables or JSON, and writes a page.
pub(crate) fn scan(args: &ScanArgs) -> Result<ExitCode, Complaint> {
    let asked = Asked::of(args)?;
    let threads = args.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let total = pool.map_err(Complaint::trouble)?.install(|| scanned(args, &asked))?;
    match total.unread() {
        None => Ok(ExitCode::SUCCESS),
        Some(unread) => Err(Complaint::Trouble(unread)),
    }
}

fn scanned(args: &ScanArgs, asked: &Asked) -> Result<Total, Complaint> {
    let mut paged = args.out.as_ref().map(|_| Paged::default());
    let mut hearers: Vec<&mut dyn Hears> = Vec::new();
    hearers.extend(paged.as_mut().map(|paged| paged as &mut dyn Hears));
    let total = if args.json {
        let mut written = Written::new(BufWriter::new(std::io::stdout()), asked);
        hearers.push(&mut written);
        let total = Total::scan(asked, &mut hearers)?;
        written.end(&total)?;
        total.check()?;
        total
    } else {
        let mut told = Told::new(args.layers);
        hearers.push(&mut told);
        let total = Total::scan(asked, &mut hearers)?;
        total.check()?;
        anstream::print!("{}", told.text(asked, &total));
        total
    };
    if let (Some(path), Some(paged)) = (&args.out, paged) {
        let html = convscope_report::page::html(&paged.page(asked, &total));
        std::fs::write(path, html).map_err(|error| {
            Complaint::Trouble(format!("cannot write {}: {error}", path.display()))
        })?;
        anstream::eprintln!("page: {}", path.display());
    }
    Ok(total)
}
