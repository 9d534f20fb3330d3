//! Turns the texts of each language into Rust.
//!
//! Each exercise becomes an arm of a `match` without a wildcard. So a text that is missing, or one for an exercise that does not
//! exist, stops the build: nobody can meet it at run time. Empty texts stop it here.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde::Deserialize;

const LANGUAGES: [&str; 2] = ["en", "de"];

/// A file of texts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    headings: BTreeMap<String, String>,
    equipment: BTreeMap<String, String>,
    nouns: BTreeMap<String, Plural>,
    dosage: Dosage,
    stop: Vec<String>,
    emergency: String,
    exercises: BTreeMap<String, Text>,
}

/// A text for one, and one for any other number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plural {
    one: String,
    other: String,
}

/// The parts of a dosage sentence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dosage {
    repetitions: Plural,
    minutes: Plural,
    held: String,
    each_side: String,
}

/// What is said of one exercise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: String,
    purpose: String,
    set_up: String,
    steps: Vec<String>,
    mistakes: Vec<String>,
    stop: Vec<String>,
}

/// A string as Rust writes it. A text without a word in it is refused.
fn literal(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a text is empty".into()) } else { Ok(format!("{text:?}")) }
}

fn list(texts: &[String]) -> Result<String, String> {
    if texts.is_empty() {
        return Err("a list is empty".into());
    }
    let all = texts.iter().map(|text| literal(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("&[{}]", all.join(", ")))
}

fn plural(plural: &Plural) -> Result<String, String> {
    Ok(format!("Plural {{ one: {}, other: {} }}", literal(&plural.one)?, literal(&plural.other)?))
}

/// The fields of a struct. The compiler finds one that is missing or of no use.
fn fields(texts: &BTreeMap<String, String>) -> Result<String, String> {
    texts.iter().map(|(name, text)| Ok(format!("{name}: {}, ", literal(text)?))).collect()
}

/// The variant of an id: `cat_camel` is `CatCamel`.
fn variant(id: &str) -> String {
    id.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        })
        .collect()
}

fn rust(tag: &str, file: &File) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    let (upper, dosage) = (tag.to_uppercase(), &file.dosage);
    writeln!(out, "pub(crate) static {upper}: Words = Words {{")?;
    writeln!(out, "headings: Headings {{ {} }},", fields(&file.headings)?)?;
    writeln!(out, "equipment: EquipmentWords {{ {} }},", fields(&file.equipment)?)?;
    let nouns = file.nouns.iter().map(|(name, noun)| Ok(format!("{name}: {}, ", plural(noun)?)));
    writeln!(out, "nouns: Nouns {{ {} }},", nouns.collect::<Result<String, String>>()?)?;
    writeln!(
        out,
        "dosage: DosageWords {{ repetitions: {}, minutes: {}, held: {}, each_side: {} }},",
        plural(&dosage.repetitions)?,
        plural(&dosage.minutes)?,
        literal(&dosage.held)?,
        literal(&dosage.each_side)?
    )?;
    writeln!(out, "stop: {}, emergency: {}, text: {tag}_text }};", list(&file.stop)?, literal(&file.emergency)?)?;
    writeln!(out, "fn {tag}_text(exercise: Exercise) -> &'static Text {{ match exercise {{")?;
    for (id, text) in &file.exercises {
        let what = |problem: String| format!("{id}: {problem}");
        writeln!(
            out,
            "Exercise::{} => &Text {{ name: {}, purpose: {}, set_up: {}, steps: {}, mistakes: {}, stop: {} }},",
            variant(id),
            literal(&text.name).map_err(what)?,
            literal(&text.purpose).map_err(what)?,
            literal(&text.set_up).map_err(what)?,
            list(&text.steps).map_err(what)?,
            list(&text.mistakes).map_err(what)?,
            list(&text.stop).map_err(what)?
        )?;
    }
    writeln!(out, "}} }}")?;
    Ok(out)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = String::new();
    for tag in LANGUAGES {
        let path = format!("texts/{tag}.json");
        println!("cargo::rerun-if-changed={path}");
        let file: File =
            serde_json::from_str(&fs::read_to_string(&path)?).map_err(|error| format!("{path}: {error}"))?;
        out += &rust(tag, &file).map_err(|error| format!("{path}: {error}"))?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), out)?;
    Ok(())
}
