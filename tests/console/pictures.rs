//! The pictures of the README and of this project's folder `screenshots`, from the real draw code.

use std::{fmt::Write as _, sync::Arc};

use prism_connect::console::{colour::Depth, theme::Theme};
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use resvg::{tiny_skia, usvg};

use crate::harness::{Harness, live};

/// A picture: how to get there, and on which terminal.
pub struct Picture {
    /// Its file, less `.png`.
    pub name: &'static str,
    /// The keys that lead there; `live` stands for a running sync.
    pub keys: &'static str,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours of the terminal.
    pub depth: Depth,
    /// Whether its ground is light.
    pub light: bool,
    /// Whether invoices go to ConnectWise.
    pub connectwise: bool,
}

/// The colours that a terminal paints by names of its own.
pub struct Palette {
    pub text: u32,
    pub ground: u32,
    red: u32,
    green: u32,
    yellow: u32,
    blue: u32,
    magenta: u32,
    cyan: u32,
    gray: u32,
    dark_gray: u32,
    white: u32,
}

/// A dark terminal.
pub const DARK: Palette = Palette {
    text: 0x00d8_dee9,
    ground: 0x0014_171e,
    red: 0x00e0_6c75,
    green: 0x0098_c379,
    yellow: 0x00e5_c07b,
    blue: 0x0061_afef,
    magenta: 0x00c6_78dd,
    cyan: 0x0056_b6c2,
    gray: 0x00ab_b2bf,
    dark_gray: 0x007a_8290,
    white: 0x00ff_ffff,
};

/// A light one.
pub const LIGHT: Palette = Palette {
    text: 0x0024_292e,
    ground: 0x00fa_fafa,
    red: 0x00b3_1d28,
    green: 0x0017_6f2c,
    yellow: 0x0082_5600,
    blue: 0x0003_4fa5,
    magenta: 0x006f_2d91,
    cyan: 0x009f_d8e6,
    gray: 0x006a_737d,
    dark_gray: 0x0058_6069,
    white: 0x00ff_ffff,
};

const fn wide(name: &'static str, keys: &'static str) -> Picture {
    Picture { name, keys, size: (120, 36), depth: Depth::Full, light: false, connectwise: false }
}

const fn large(name: &'static str, keys: &'static str) -> Picture {
    Picture { size: (200, 60), ..wide(name, keys) }
}

const fn connectwise(name: &'static str, keys: &'static str) -> Picture {
    Picture { connectwise: true, ..wide(name, keys) }
}

const fn light(name: &'static str, keys: &'static str) -> Picture {
    Picture { light: true, ..wide(name, keys) }
}

const fn small(name: &'static str, keys: &'static str, depth: Depth) -> Picture {
    Picture { size: (80, 24), depth, ..wide(name, keys) }
}

/// All of them.
pub const PICTURES: &[Picture] = &[
    wide("dashboard", "1"),
    wide("connections", "2"),
    wide("program-options", "2 m"),
    wide("customers", "3"),
    wide("link-customer", "3 / r i v e r Enter c Enter v e t e r Enter Enter"),
    wide("suggestions", "3 u"),
    wide("customer-page", "3 Enter"),
    wide("products", "4"),
    wide("sync-live", "live"),
    wide("plan", "5 p"),
    wide("invoice", "5 i Enter"),
    wide("run-customer", "5 Enter Enter"),
    light("run-light", "5 Enter"),
    wide("quantity-chart", "5 Enter Down Enter Enter c n"),
    connectwise("connectwise-card", "2 j j"),
    connectwise("connectwise-customer", "3 Enter"),
    connectwise("connectwise-plan", "5 p Enter j j"),
    large("customers-200x60", "3"),
    large("sync-live-200x60", "live"),
    small("plan-confirm-80x24", "5 p A", Depth::Sixteen),
    small("customers-80x24", "3 / a r", Depth::Sixteen),
    small("run-no-colour-80x24", "5 Enter", Depth::None),
];

/// The picture as PNG bytes: the same on every machine, no display and no system font.
pub fn png(picture: &Picture) -> Vec<u8> {
    let palette = if picture.light { LIGHT } else { DARK };
    let theme = if picture.light { Theme::light } else { Theme::new };
    let mut console = if picture.connectwise {
        Harness::on_connectwise(picture.size)
    } else {
        Harness::with(theme(picture.depth, true), picture.size)
    };
    if picture.keys == "live" {
        live(&mut console);
    } else {
        console.go(picture.keys);
    }
    raster(&svg(&console.buffer(), &palette))
}

/// The font advances 0.602 em: at this size a cell is 12 by 23 whole pixels, so borders meet.
const FONT_SIZE: f32 = 19.93;
const CELL: (f32, f32) = (12.0, 23.0);
const BASELINE: f32 = 18.4;
const MARGIN: f32 = 12.0;
/// How much of a dim letter covers its ground.
pub const DIM: f32 = 0.6;

impl Palette {
    fn rgb(&self, color: Color, reset: u32) -> u32 {
        match color {
            Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]),
            Color::Black => self.text.min(self.ground),
            Color::Red => self.red,
            Color::Green => self.green,
            Color::Yellow => self.yellow,
            Color::Blue => self.blue,
            Color::Magenta => self.magenta,
            Color::Cyan => self.cyan,
            Color::Gray => self.gray,
            Color::DarkGray => self.dark_gray,
            Color::White => self.white,
            _ => reset,
        }
    }

    /// Letter and ground of a cell.
    pub fn colours(&self, cell: &Cell) -> (u32, u32) {
        let (text, ground) = (self.rgb(cell.fg, self.text), self.rgb(cell.bg, self.ground));
        if cell.modifier.contains(Modifier::REVERSED) { (ground, text) } else { (text, ground) }
    }
}

fn svg(buffer: &Buffer, palette: &Palette) -> String {
    let at = |column: u16, row: u16| {
        (f32::from(column) * CELL.0 + MARGIN, f32::from(row) * CELL.1 + MARGIN)
    };
    let (width, height) = at(buffer.area.width, buffer.area.height);
    let (width, height) = (width + MARGIN, height + MARGIN);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" shape-rendering="crispEdges" font-family="DejaVu Sans Mono" font-size="{FONT_SIZE}"><rect width="{width}" height="{height}" fill="#{:06x}"/>"##,
        palette.ground
    );
    let mut glyphs = String::new();
    for (index, cell) in buffer.content.iter().enumerate() {
        let (column, row) = buffer.pos_of(index);
        let (x, y) = at(column, row);
        let (text, ground) = palette.colours(cell);
        if ground != palette.ground {
            _ = write!(
                svg,
                r##"<rect x="{x}" y="{y}" width="{}" height="{}" fill="#{ground:06x}"/>"##,
                CELL.0, CELL.1
            );
        }
        glyph(&mut glyphs, cell, (x, y + BASELINE, text));
    }
    svg + &glyphs + "</svg>"
}

fn glyph(glyphs: &mut String, cell: &Cell, (x, y, text): (f32, f32, u32)) {
    if cell.symbol().trim().is_empty() {
        return;
    }
    let dim = format!(r#" fill-opacity="{DIM}""#);
    let styles = [
        (Modifier::BOLD, r#" font-weight="bold""#),
        (Modifier::DIM, &dim),
        (Modifier::UNDERLINED, r#" text-decoration="underline""#),
    ];
    let styles: String = styles
        .iter()
        .filter(|(modifier, _)| cell.modifier.contains(*modifier))
        .map(|(_, attribute)| *attribute)
        .collect();
    let symbol = cell.symbol().replace('&', "&amp;").replace('<', "&lt;");
    _ = write!(
        glyphs,
        r##"<text xml:space="preserve" x="{x}" y="{y}" fill="#{text:06x}"{styles}>{symbol}</text>"##
    );
}

fn raster(svg: &str) -> Vec<u8> {
    let mut fonts = usvg::fontdb::Database::new();
    for font in [dejavu::sans_mono::regular(), dejavu::sans_mono::bold(), dejavu::sans::regular()] {
        fonts.load_font_data(font.to_vec());
    }
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).expect("our own drawing parses");
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).expect("not empty");
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().expect("pixels become a picture")
}
