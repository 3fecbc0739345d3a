//! Writes a page and its figures from made-up numbers, to look at: `demo PAGE [FIGURES]`.
//!
//! Nothing here was measured; the page says so in its title.

mod figures;
mod numbers;
mod studies;

use std::{error::Error, fs, path::Path};

use convscope_report::{Figure, Page, figure, page};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("say where the page goes: demo PAGE [FIGURES]")?;
    let page = studies::page();
    fs::write(path, page::html(&page))?;
    arguments.next().map_or(Ok(()), |folder| write_figures(&page, Path::new(&folder)))
}

fn write_figures(page: &Page, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for section in &page.sections {
        for shown in &section.figures {
            let stem = format!("{}-{}", section.id, shown.id());
            match figure::svg(shown) {
                Ok(svg) => fs::write(folder.join(format!("{stem}.svg")), svg)?,
                Err(why) => fs::write(folder.join(format!("{stem}.txt")), why.to_string())?,
            }
            if let Ok(png) = figure::png(shown, 2.0) {
                fs::write(folder.join(format!("{stem}.png")), png)?;
            }
            if let (Figure::Chart(_), Ok(spec)) = (shown, figure::vega_lite(shown)) {
                fs::write(folder.join(format!("{stem}.json")), spec.to_string())?;
            }
        }
    }
    Ok(())
}
