//! The QR code, decoded again by a decoder of other people's: from the terminal, dark or light, and
//! from the files.

use std::fs::{self, File};
use std::io::BufReader;

use crate::local_aws::Preset;
use crate::mfa_setup::{SERIAL, newcomer, seed, setup};
use crate::pty::Stream;
use crate::world::World;

/// The only QR code among these pixels, of which 0 is black.
fn decoded(width: usize, height: usize, pixel: impl FnMut(usize, usize) -> u8) -> String {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

/// Each character of the drawing as two rows of `SCALE` by `SCALE` pixels; around it the terminal's
/// background.
fn from_terminal(lines: &[&str], ink: u8) -> String {
    const SCALE: usize = 4;
    const MARGIN: usize = 4;
    let width = lines[0].chars().count();
    let rows: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    assert!(rows.iter().all(|row| row.len() == width));
    let paper = 255 - ink;
    decoded(
        (width + 2 * MARGIN) * SCALE,
        (2 * rows.len() + 2 * MARGIN) * SCALE,
        |x, y| {
            let inside = |place: usize, length: usize| {
                let place = (place / SCALE).checked_sub(MARGIN)?;
                (place < length).then_some(place)
            };
            // Outside of the drawing a dark terminal is dark, whatever was drawn with.
            let (Some(column), Some(row)) = (inside(x, width), inside(y, 2 * rows.len())) else {
                return 0;
            };
            let upper = row % 2 == 0;
            let inked = match rows[row / 2][column] {
                '█' => true,
                '▀' => upper,
                '▄' => !upper,
                ' ' => false,
                other => panic!("{other:?} is no part of a drawing"),
            };
            if inked { ink } else { paper }
        },
    )
}

fn from_png(path: &std::path::Path) -> String {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let width = info.width as usize;
    decoded(width, info.height as usize, |x, y| pixels[y * width + x])
}

/// Draws what the SVG file says: a white square, and a path of dark rectangles
/// (`M…,…h…v…h…V…` or `M… …h…v…H…V…`), by filling the rectangle between the corners.
fn from_svg(text: &str) -> String {
    let attribute = |name: &str| {
        let start = text.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        text[start..].split('"').next().unwrap()
    };
    let side: usize = attribute("width").parse().unwrap();
    let mut pixels = vec![255; side * side];
    let path = text
        .split(" d=\"")
        .last()
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    for rectangle in path.split('M').filter(|part| !part.trim().is_empty()) {
        let numbers: Vec<i64> = rectangle
            .split(|letter: char| !letter.is_ascii_digit() && letter != '-')
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().unwrap())
            .collect();
        let (left, top, wide, high) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        for y in top..top + high {
            for x in left..left + wide {
                pixels[y as usize * side + x as usize] = 0;
            }
        }
    }
    decoded(side, side, |x, y| pixels[y * side + x])
}

/// What AWS's own QR code would say.
fn address(world: &World) -> String {
    let seed = world.aws.with_device(SERIAL, |device| {
        crate::local_aws::totp::base32(&device.seed)
    });
    format!(
        "otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret={seed}&issuer=Amazon%20Web%20Services"
    )
}

#[test]
fn the_drawing_on_the_terminal_is_the_address() {
    for (variables, ink) in [
        // Nothing is known of the terminal: drawn in its own letters, light on dark.
        (&[][..], 255),
        (&[("TERM", "dumb")], 255),
        // Black on white is said, which scans on every background.
        (&[("TERM", "xterm-256color")], 0),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], 0),
        (
            &[
                ("TERM", "xterm"),
                ("LANG", "ja_JP.UTF-8"),
                ("LC_CTYPE", "C.utf8"),
            ],
            0,
        ),
    ] {
        let mut world = World::new();
        newcomer(&world, Preset::SelfService);
        for (name, value) in variables {
            world.set(name, value);
        }
        let mut session = setup(&world, &[]);
        session.expect("scan this with an authenticator app:");
        let shown = session.expect("First code: ");
        session.ctrl_c();
        let finished = world.finish(session);
        assert_eq!(finished.code, 130);
        let plain = shown
            .replace("\x1b[38;5;16;48;5;231m", "")
            .replace("\x1b[0m", "");
        assert_eq!(plain != shown, ink == 0, "{variables:?}");
        let lines: Vec<&str> = plain
            .lines()
            .filter(|line| {
                !line.is_empty() && !line.contains("code") && !line.contains("background")
            })
            .collect();
        assert_eq!(
            shown.contains("on a light background it is inverted"),
            ink == 255
        );
        assert_eq!(from_terminal(&lines, ink), address(&world), "{variables:?}");
    }
}

#[test]
fn the_pictures_are_the_address_and_their_owner_s_alone() {
    for name in ["aws.png", "aws.svg", "AWS.PNG"] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        let run = world.run(["mfa", "create", "--qr", name]).succeeded();
        run.said("whoever has it has the device");
        assert_eq!(run.stdout, "");
        let path = world.path(name);
        let found = if name.ends_with("svg") {
            from_svg(&fs::read_to_string(&path).unwrap())
        } else {
            from_png(&path)
        };
        assert_eq!(found, address(&world), "{name}");
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_file_that_is_there_or_cannot_be_made_is_told_before_there_is_a_device() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    fs::write(world.path("old.png"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere.png", world.path("link.png")).unwrap();
    fs::create_dir(world.path("dir.png")).unwrap();
    for (file, code, said) in [
        ("old.png", 7, "there is a file of this name already"),
        ("link.png", 7, "there is a file of this name already"),
        ("dir.png", 7, "there is a file of this name already"),
        ("none/qr.png", 7, "No such file"),
        ("qr.jpg", 2, "must end in .png or .svg"),
        ("qr", 2, "must end in .png or .svg"),
    ] {
        for command in ["create", "setup"] {
            world
                .run(
                    ["mfa", command, "--yes", "--qr", file]
                        .iter()
                        .filter(|word| command == "setup" || **word != "--yes"),
                )
                .failed(code, said);
        }
    }
    assert_eq!(fs::read(world.path("old.png")).unwrap(), b"mine");
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
}

#[test]
fn a_terminal_that_is_too_narrow_is_told_and_a_file_is_offered() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let narrow = |arguments: &[&str]| {
        world
            .terminal(["mfa", "setup"].iter().chain(arguments))
            .size(40, 40)
            .start()
    };
    let finished = world.finish(narrow(&[]));
    assert_eq!(finished.code, 3, "{}", finished.shown);
    assert!(
        finished
            .shown
            .contains("the terminal is 40 columns wide, and the QR code takes ")
    );
    assert!(finished.shown.contains("`--qr FILE.png`"));
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
    // With a file it goes on without the drawing.
    let mut session = narrow(&["--qr", "aws.png"]);
    session.expect("First code: ");
    session.ctrl_c();
    let finished = world.finish(session);
    assert!(!finished.shown.contains('█'));
    assert_eq!(from_png(&world.path("aws.png")), address(&world));
}

/// The document comes after the codes, so the seed in it is none to make them of.
#[test]
fn a_seed_in_the_document_of_a_setup_is_no_way_to_hand_it_over() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let setup = ["mfa", "setup", "--yes", "--show-seed", "--output", "json"];
    let finished = world.finish(world.terminal(setup).size(40, 40).start());
    assert_eq!(finished.code, 3, "{}", finished.shown);
    for said in ["the QR code takes ", "`--seed-command`"] {
        assert!(finished.shown.contains(said), "{}", finished.shown);
    }
    let run = world.run(setup);
    run.failed(3, "there is no terminal to show the QR code on");
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
    // Where the run ends with the device, it is one.
    let create = ["mfa", "create", "--show-seed", "--output", "json"];
    let session = world
        .terminal(create)
        .size(40, 40)
        .stdout(Stream::pipe())
        .start();
    let finished = session.finish();
    world.search(&[&finished.shown]);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(finished.stdout.contains(&seed(&world)));
}

/// Nothing can scan half of it.
#[test]
fn where_it_cannot_be_drawn_whole_the_other_ways_are_told_before_there_is_a_device() {
    for (variable, rows, said) in [
        (
            ("LANG", "en_US.UTF-8"),
            24,
            "the terminal is 24 rows high, and the QR code takes ",
        ),
        (
            ("LC_ALL", "C"),
            60,
            "the QR code cannot be drawn in this locale",
        ),
        (
            ("LANG", "ja_JP.eucJP"),
            60,
            "the QR code cannot be drawn in this locale",
        ),
    ] {
        let mut world = World::new();
        newcomer(&world, Preset::SelfService);
        world.set(variable.0, variable.1);
        let finished = world.finish(world.terminal(["mfa", "setup"]).size(rows, 80).start());
        assert_eq!(finished.code, 3, "{}", finished.shown);
        for text in [said, "`--qr FILE.png`", "`--show-seed`"] {
            assert!(finished.shown.contains(text), "{text}: {}", finished.shown);
        }
        assert!(!finished.shown.contains('█'), "{}", finished.shown);
        assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
    }
    // A file is drawn nowhere else.
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let mut session = setup(&world, &["--qr", "aws.png"]);
    let shown = session.expect("First code: ");
    session.ctrl_c();
    world.finish(session);
    assert!(!shown.contains('█'), "{shown}");
}

#[test]
fn a_file_left_by_a_run_that_was_cut_off_may_hold_the_seed_of_the_device_that_is_waiting() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let arguments = ["--name", "phone", "--qr", "aws.png", "--yes", "--no-login"];
    let mut session = setup(&world, &arguments);
    session.expect("First code: ");
    session.ctrl_c();
    assert_eq!(world.finish(session).code, 130);
    let again = ["mfa", "setup"].iter().chain(&arguments);
    let phone = SERIAL.replace("alice", "phone");
    world
        .run(again)
        .failed(7, "there is a file of this name already")
        .said(&format!("if it holds the seed of device {phone}, which was created before and never enabled: `awsmfa mfa setup --name phone --code1 CODE --code2 CODE` enables it"))
        .said("next: else remove the file and run the same again");
    // The advice works.
    let (first, second) = world.aws.code_pair(&phone);
    let codes = ["--code1", &first, "--code2", &second];
    let setup = ["mfa", "setup", "--name", "phone", "--yes"];
    world
        .run(setup.iter().chain(&codes))
        .succeeded()
        .said("is enabled for alice");
    // Of a file that has nothing to do with a device nothing is said.
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    fs::write(world.path("aws.png"), "").unwrap();
    let run = world.run(["mfa", "setup", "--yes", "--qr", "aws.png"]);
    assert!(!run.stderr.contains("seed"), "{}", run.stderr);
}
