# Common runs. `just` lists them; each line is an ordinary command that works without just, too.

_default:
    @just --list

# Sign in to a local AWS, step by step; no account needed
demo:
    cargo run --example demo

# Everything that must be tested
test:
    cargo test --locked

# The black-box tests whose names contain NAME: `just t status`
t NAME:
    cargo test --locked --test cli {{NAME}}

# Formatter and lints, as CI runs them
lint:
    cargo fmt --all --check
    cargo clippy --all-targets --locked -- -D warnings

# Write the snapshots of the help anew, after its text was changed on purpose
snapshots:
    SNAPSHOTS=overwrite cargo test --locked --test cli help

# The whole check, as CI runs it; installs what it needs (Linux)
ci:
    bash .ci/run

# Start-up, sign-in and file times; release build, quiet machine
bench:
    python3 benches/measure.py
