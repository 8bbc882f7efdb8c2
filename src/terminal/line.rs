//! One line of an answer, bounded and wiped.

use std::io::{self, ErrorKind, Read};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What reading a line came to.
#[derive(Debug)]
pub(crate) enum Line {
    /// The line, without its line feed; the last one may lack it.
    Text(Secret),
    /// There was nothing left to read.
    End,
    /// The line is longer than allowed; only so much of it was read.
    TooLong,
}

/// Reads one line of at most `longest` bytes, and no byte beyond its line feed: what follows is
/// there for the next reader of the same input, be it a child.
pub(crate) fn read_line(input: &mut impl Read, longest: usize) -> io::Result<Line> {
    // The full capacity at once: a buffer that grows would leave copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(longest));
    loop {
        match next_byte(input)? {
            None if line.is_empty() => return Ok(Line::End),
            None | Some(b'\n') => break,
            Some(_) if line.len() == longest => return Ok(Line::TooLong),
            Some(byte) => line.push(byte),
        }
    }
    Ok(Line::Text(Secret::new(String::from_utf8_lossy(&line))))
}

/// Reads and forgets the rest of a line.
pub(super) fn skip_line(input: &mut impl Read) -> io::Result<()> {
    while !matches!(next_byte(input)?, None | Some(b'\n')) {}
    Ok(())
}

fn next_byte(input: &mut impl Read) -> io::Result<Option<u8>> {
    let mut byte = Zeroizing::new([0]);
    loop {
        match input.read(byte.as_mut_slice()) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The plain form of a full-width character, as an input method for Japanese types it; any other
/// character as it is (Unicode block "Halfwidth and Fullwidth Forms").
pub(crate) fn narrow(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_beyond_the_line_is_read() {
        let mut input = io::Cursor::new(b"123456\nrest");
        let Line::Text(line) = read_line(&mut input, 1024).unwrap() else {
            panic!("a line")
        };
        assert_eq!(line.expose(), "123456");
        assert_eq!(input.position(), 7);
    }

    #[test]
    fn a_line_of_the_longest_length_is_a_line_and_one_more_is_too_long() {
        let longest = [vec![b'x'; 8], b"\n".to_vec()].concat();
        assert!(matches!(
            read_line(&mut longest.as_slice(), 8),
            Ok(Line::Text(_))
        ));
        assert!(matches!(
            read_line(&mut longest.as_slice(), 7),
            Ok(Line::TooLong)
        ));
        assert!(matches!(read_line(&mut io::empty(), 7), Ok(Line::End)));
    }
}
