//! Writes one page with all exercises and their drawings, in both languages, to be looked at:
//! `cargo run -p lumbra-exercises --example gallery -- OUT_DIR`. Beside it, one SVG for each exercise.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, error, fs};

use lumbra_domain::exercise::Exercise;
use lumbra_exercises::{Language, Library, Page, drawing};

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn section(page: &Page) -> Result<String, std::fmt::Error> {
    let mut html = String::new();
    let (id, language) = (page.exercise.id(), page.language.tag());
    write!(html, "<article lang=\"{language}\" id=\"{id}-{language}\"><div>{}</div>", page.drawing().to_svg())?;
    writeln!(html, "<pre>{}</pre></article>", escaped(&page.to_text()))?;
    Ok(html)
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let out = PathBuf::from(env::args().nth(1).ok_or("say where to: gallery -- OUT_DIR")?);
    fs::create_dir_all(&out)?;
    let mut html = String::from(
        "<!doctype html><meta charset=\"utf-8\"><title>Lumbra: exercises</title><style>:root{color-scheme:light dark}\
         body{font:16px/1.4 sans-serif;max-width:70rem;margin:auto;padding:1rem}pre{white-space:pre-wrap;font:inherit}\
         svg{max-width:100%;height:auto}article{border-top:1px solid;padding:1rem 0}</style>\n",
    );
    for exercise in Exercise::ALL {
        for language in Language::ALL {
            html += &section(&Library::in_language(*language).page(*exercise))?;
        }
        let svg = drawing(*exercise, Language::English).to_svg();
        fs::write(out.join(exercise.id()).with_extension("svg"), svg)?;
    }
    let page = out.join("index.html");
    fs::write(&page, html)?;
    println!("{}", page.display());
    Ok(())
}
