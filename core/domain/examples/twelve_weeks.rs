//! Prints twelve weeks of ten made-up people, each line a change of their plan or how a week went.
//! `cargo run -p lumbra-domain --example twelve_weeks [SEED]`

use lumbra_domain::plan::people::{WEEKS, twelve_weeks};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    println!("{WEEKS} weeks of ten people, seed {seed}");
    for story in twelve_weeks(seed)? {
        println!("\n{}: {}", story.name, story.about);
        for line in story.lines {
            println!("  {}  {}", line.on, line.text);
        }
    }
    Ok(())
}
