//! A QR code in a file that the person asked for.
//!
//! The seed is in it, so it is made for its owner alone, and never in the place of another file. That
//! it can be made is proved before there is a device.

use std::path::{Path, PathBuf};

use super::qr::Qr;
use crate::failure::{Failure, Kind, Result};
use crate::store;
use crate::ui::Ui;

/// What the file is going to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Png,
    Svg,
}

/// A picture that is not there yet.
#[derive(Clone, Debug)]
pub struct Picture {
    path: PathBuf,
    form: Form,
}

impl Picture {
    /// Looks at the name and proves that the file can be made.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for a name that ends neither in `.png` nor in `.svg`; [`Kind::File`] if
    /// something is there already, or nothing can be put there.
    pub fn prepare(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let form = match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("png") => Form::Png,
            Some("svg") => Form::Svg,
            _ => {
                return Err(Failure::new(
                    Kind::Usage,
                    "the name of the QR code's file must end in .png or .svg",
                )
                .at(path.display()));
            }
        };
        store::rehearse_new(path, MOST)?;
        Ok(Self {
            path: path.to_owned(),
            form,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file.
    ///
    /// # Errors
    ///
    /// [`Kind::File`], as for [`Picture::prepare`].
    pub fn write(&self, qr: &Qr, ui: &Ui) -> Result<()> {
        let bytes = match self.form {
            Form::Png => qr.png(),
            Form::Svg => qr.svg(),
        };
        store::write_new(&self.path, &bytes, ui)
    }
}

/// What a picture takes at most, in bytes.
const MOST: usize = 256 << 10;
