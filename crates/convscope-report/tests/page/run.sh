#!/bin/sh
# Opens a report in a real browser and checks it; leaves screenshots.
#
#   tests/page/run.sh REPORT FOLDER [charts] [kernels] [images]
#
# What is named last must be on the page.
# Needs node and Chromium (Debian: apt install chromium nodejs npm); CHROMIUM names another binary.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 REPORT FOLDER [charts] [kernels] [images]" >&2; exit 2; }
report=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
shift 2
chromium=${CHROMIUM:-/usr/bin/chromium}
[ -x "$chromium" ] || { echo "there is no Chromium at $chromium: apt install chromium" >&2; exit 3; }
cd "$(dirname "$0")"
[ -d node_modules/playwright-core ] || npm ci --ignore-scripts --silent
exec node look.mjs "$chromium" "$report" "$folder" "$@"
