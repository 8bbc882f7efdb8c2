//! The QR code of an address, as something to draw.
//!
//! In a terminal a character shows two modules, one above the other, so that the code is square in
//! the usual fonts. What is light and what is dark has to be right on any background: with colours
//! that is said explicitly; without, light modules are drawn, as most terminals are dark.

use std::fmt::Write as _;

use qrcode::render::svg;
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use super::png;
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;

/// The light border in a terminal and in a picture, in modules. ISO/IEC 18004 asks for four; two
/// are read by the apps tried and save rows on a small terminal.
const BORDER: (usize, usize) = (2, 4);

/// Pixels of a picture for each module.
const SCALE: usize = 8;

/// Black on white, whatever the terminal's own colours are (colours 16 and 231 of the 256 are the
/// same everywhere).
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";

/// The modules of a QR code.
pub struct Qr {
    code: QrCode,
}

/// A QR code for a terminal, with its size in characters.
#[derive(Debug)]
pub struct Drawing {
    /// Lines, each with its line break. As secret as the address.
    pub text: Secret,
    pub columns: usize,
    pub rows: usize,
}

impl Qr {
    /// # Errors
    ///
    /// [`Kind::Internal`] if the address does not fit into a QR code; one of a device always does.
    pub fn new(address: &Secret) -> Result<Self> {
        // The lowest level of correction makes the smallest code; a screen has no stains.
        let code = QrCode::with_error_correction_level(address.expose(), EcLevel::L);
        let code = code.map_err(|error| {
            Failure::new(Kind::Internal, "the address does not fit into a QR code").because(error)
        })?;
        Ok(Self { code })
    }

    /// For a terminal.
    pub fn draw(&self, colours: bool) -> Drawing {
        let side = self.code.width() + 2 * BORDER.0;
        let rows = side.div_ceil(2);
        let mut text = Zeroizing::new(String::with_capacity(rows * (side * 3 + 32)));
        for row in 0..rows {
            if colours {
                text.push_str(BLACK_ON_WHITE);
            }
            for column in 0..side {
                let upper = self.is_dark(column, 2 * row, BORDER.0);
                // Below the last row of an odd number of modules there is border.
                let lower = self.is_dark(column, 2 * row + 1, BORDER.0);
                let ink = |dark: bool| dark == colours;
                text.push(match (ink(upper), ink(lower)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str(if colours { RESET } else { "" });
            text.push('\n');
        }
        Drawing {
            text: Secret::new(text.as_str()),
            columns: side,
            rows,
        }
    }

    /// As a PNG picture.
    pub fn png(&self) -> Zeroizing<Vec<u8>> {
        let side = (self.code.width() + 2 * BORDER.1) * SCALE;
        png::bilevel(side, |column, row| {
            self.is_dark(column / SCALE, row / SCALE, BORDER.1)
        })
    }

    /// As an SVG picture.
    pub fn svg(&self) -> Zeroizing<Vec<u8>> {
        let scale = u32::try_from(SCALE).unwrap_or(1);
        let picture = self
            .code
            .render::<svg::Color<'_>>()
            .module_dimensions(scale, scale)
            .build();
        Zeroizing::new(picture.into_bytes())
    }

    /// Whether the module is dark, counted from the corner of a border that is so many modules
    /// wide. What lies outside is light.
    fn is_dark(&self, column: usize, row: usize, border: usize) -> bool {
        let width = self.code.width();
        let inside = |place: usize| place.checked_sub(border).filter(|place| *place < width);
        match (inside(column), inside(row)) {
            (Some(column), Some(row)) => self.code[(column, row)] == Color::Dark,
            _ => false,
        }
    }
}

/// The modules are the seed.
impl std::fmt::Debug for Qr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut size = String::new();
        let _ = write!(size, "{0}x{0}", self.code.width());
        f.debug_tuple("Qr").field(&size).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qr() -> Qr {
        let seed = "A".repeat(64);
        Qr::new(&Secret::new(format!(
            "otpauth://totp/Amazon%20Web%20Services:handson-cli-usr@123456789012?secret={seed}&issuer=Amazon%20Web%20Services"
        )))
        .unwrap()
    }

    #[test]
    fn a_device_s_code_fits_beside_eighty_columns() {
        let drawing = qr().draw(false);
        assert!(drawing.columns <= 57, "{}", drawing.columns);
        let lines: Vec<&str> = drawing.text.expose().lines().collect();
        assert_eq!(lines.len(), drawing.rows);
        assert!(
            lines
                .iter()
                .all(|line| line.chars().count() == drawing.columns)
        );
        assert!(!drawing.text.expose().contains('\x1b'));
    }

    #[test]
    fn with_colours_dark_is_ink_and_without_light_is() {
        let plain = qr().draw(false).text.expose().to_owned();
        let coloured = qr().draw(true).text.expose().to_owned();
        assert!(plain.starts_with("██"));
        assert!(coloured.starts_with(&format!("{BLACK_ON_WHITE}  ")));
        for line in coloured.lines() {
            assert!(line.ends_with(RESET));
        }
    }

    #[test]
    fn debug_does_not_show_the_modules() {
        assert!(format!("{:?}", qr()).len() < 20);
    }
}
