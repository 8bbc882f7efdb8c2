//! A picture of black and white pixels as a PNG file (W3C, "Portable Network Graphics
//! Specification"; RFC 1950 and 1951 for what is inside).
//!
//! The pixels are stored, not compressed: a QR code is ten kilobytes that way, and a compressor
//! would be seven more crates in a program that holds keys.

use zeroize::Zeroizing;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The most that fits into one stored block (RFC 1951, section 3.2.4).
const BLOCK: usize = 0xffff;

/// A square picture of `side` pixels, at most some thousands.
pub(super) fn bilevel(side: usize, is_black: impl Fn(usize, usize) -> bool) -> Zeroizing<Vec<u8>> {
    let mut pixels = Zeroizing::new(Vec::with_capacity(side * (side / 8 + 2)));
    for row in 0..side {
        // Each row begins with its filter: none.
        pixels.push(0);
        for byte in 0..side.div_ceil(8) {
            let bit = |place: usize| {
                let column = byte * 8 + place;
                u8::from(column < side && !is_black(column, row)) << (7 - place)
            };
            pixels.push((0..8).map(bit).sum());
        }
    }
    let size = number(side);
    // One bit a pixel, grey scale, and the one method there is for each of the rest.
    let header = [&size[..], &size[..], &[1, 0, 0, 0, 0]].concat();
    let mut file = Zeroizing::new(Vec::with_capacity(pixels.len() + 1024));
    file.extend_from_slice(&SIGNATURE);
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &stored(&pixels));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// The data as a zlib stream of stored blocks.
fn stored(data: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut stream = Zeroizing::new(Vec::with_capacity(data.len() + data.len() / BLOCK * 5 + 11));
    stream.extend_from_slice(&[0x78, 0x01]);
    let last = data.len().div_ceil(BLOCK) - 1;
    for (number, block) in data.chunks(BLOCK).enumerate() {
        let length = u16::try_from(block.len()).expect("a block is no longer than that");
        stream.push(u8::from(number == last));
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream.extend_from_slice(&adler32(data).to_be_bytes());
    stream
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&number(data.len()));
    let start = file.len();
    file.extend_from_slice(&kind);
    file.extend_from_slice(data);
    let check = crc32(&file[start..]);
    file.extend_from_slice(&check.to_be_bytes());
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value)
        .expect("a picture is some thousand pixels wide")
        .to_be_bytes()
}

/// PNG Specification, annex D.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

/// RFC 1950, section 8.2.
fn adler32(data: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (low, high) = data.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % BASE;
        (low, (high + low) % BASE)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sums_are_the_published_ones() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn another_reader_finds_the_same_pixels() {
        for side in [1, 8, 9, 800] {
            let is_black = |column: usize, row: usize| (column * 7 + row * 3) % 5 < 2;
            let file = bilevel(side, is_black);
            let mut decoder = png::Decoder::new(std::io::Cursor::new(&file[..]));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            for row in 0..side {
                for column in 0..side {
                    let expected = if is_black(column, row) { 0 } else { 255 };
                    assert_eq!(pixels[row * side + column], expected, "{column},{row}");
                }
            }
        }
    }
}
