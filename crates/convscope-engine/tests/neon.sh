#!/bin/sh
# Runs the engine's tests with Neon on a machine that has none: compiled for 64-bit Arm, run by QEMU.
#
# Wants Rust's library for Arm (`rustup target add aarch64-unknown-linux-gnu`), a linker and QEMU (Debian: apt install
# gcc-aarch64-linux-gnu libc6-dev-arm64-cross libc6:arm64 libgcc-s1:arm64 qemu-user). `RUSTC` names another compiler that has the library.
set -eu
cd "$(dirname "$0")/.."
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER='qemu-aarch64 -cpu max'
cargo test --target aarch64-unknown-linux-gnu --tests --locked "$@"
