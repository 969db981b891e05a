//! The theme for terminals with a light ground: what it looks like, and that it can be read.

use prism_connect::console::{colour::Depth, theme::Theme};
use ratatui::{buffer::Cell, style::Modifier};
use rstest::rstest;

use crate::{
    harness::Harness,
    pictures::{DARK, DIM, LIGHT, Palette},
    states::{STATES, reach},
};

#[rstest]
#[case("dashboard", Depth::Full)]
#[case("customers", Depth::Full)]
#[case("contract-picker", Depth::Full)]
#[case("run", Depth::Full)]
#[case("plan-unfolded", Depth::Full)]
#[case("live", Depth::Full)]
#[case("run", Depth::Sixteen)]
#[case("live", Depth::Sixteen)]
fn screens_on_a_light_ground_look_as_agreed(#[case] name: &str, #[case] depth: Depth) {
    let (_, way) = STATES.iter().find(|(state, _)| *state == name).expect("a state");
    let mut console = Harness::with(Theme::light(depth, true), (120, 36));
    reach(&mut console, way);
    insta::assert_snapshot!(format!("{name}-{depth:?}").to_lowercase(), console.picture());
}

#[test]
fn without_colour_the_ground_is_all_one() {
    let [mut dark, mut light] =
        [Theme::new, Theme::light].map(|theme| Harness::with(theme(Depth::None, true), (80, 24)));
    assert_eq!(dark.go("5 Enter").picture(), light.go("5 Enter").picture());
}

/// Of dimmed letters alone less is asked: they say what cannot be chosen now, and on a dark ground what matters less.
#[rstest]
#[case::light(Theme::light(Depth::Full, true), &LIGHT, 4.5)]
#[case::light_of_sixteen(Theme::light(Depth::Sixteen, true), &LIGHT, 4.5)]
#[case::dark(Theme::new(Depth::Full, true), &DARK, 2.2)]
#[case::dark_of_sixteen(Theme::new(Depth::Sixteen, true), &DARK, 2.2)]
fn every_letter_stands_out_from_its_ground(
    #[case] theme: Theme,
    #[case] palette: &Palette,
    #[case] dimmed: f32,
) {
    for (name, way) in STATES {
        let mut console = Harness::with(theme, (120, 36));
        reach(&mut console, way);
        let buffer = console.buffer();
        for (at, cell) in buffer.content.iter().enumerate() {
            let is_dim = cell.modifier.contains(Modifier::DIM);
            let least = if is_dim { dimmed } else { 4.5 };
            let found = contrast(cell, palette);
            let place = buffer.pos_of(at);
            assert!(!is_letter(cell) || found >= least, "{name} at {place:?}: {cell:?} {found}");
        }
    }
}

fn is_letter(cell: &Cell) -> bool {
    cell.symbol().chars().any(char::is_alphanumeric)
}

/// From 1, where letter and ground are of one brightness, to 21.
fn contrast(cell: &Cell, palette: &Palette) -> f32 {
    let (text, ground) = palette.colours(cell);
    let covered = if cell.modifier.contains(Modifier::DIM) { DIM } else { 1.0 };
    let [text, ground] = [text, ground].map(parts);
    let mut shown = [0.0; 3];
    for (at, part) in shown.iter_mut().enumerate() {
        *part = text[at] * covered + ground[at] * (1.0 - covered);
    }
    let [a, b] = [brightness(shown), brightness(ground)];
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn parts(colour: u32) -> [f32; 3] {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue].map(|part| f32::from(part) / 255.0)
}

fn brightness(colour: [f32; 3]) -> f32 {
    let linear = |part: f32| {
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
