//! `cargo run --release --example screenshots`: draws every picture in this folder anew from the frozen world.

#[path = "../tests/console/fixtures.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fixtures;
#[path = "../tests/console/harness.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod harness;
#[path = "../tests/console/on_connectwise.rs"]
mod on_connectwise;
#[path = "../tests/console/pictures.rs"]
mod pictures;

fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    for picture in pictures::PICTURES {
        std::fs::write(folder.join(format!("{}.png", picture.name)), pictures::png(picture))?;
    }
    Ok(())
}
