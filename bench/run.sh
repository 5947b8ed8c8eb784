#!/bin/sh
# Builds and runs the measuring programs: sh bench/run.sh BUILD
set -eu
build=${1:-build}
ninja -C "$build" bench/bench-engine bench/bench-traffic >/dev/null
"$build"/bench/bench-engine
"$build"/bench/bench-traffic
