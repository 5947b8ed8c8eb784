#!/bin/sh
# Measures speed as ratios of one run: sh bench/run.sh BUILD [--rounds N] [--json FILE]
set -eu
build=${1:-build}
[ $# = 0 ] || shift
rounds=5
json=
while [ $# -gt 0 ]; do
	case $1 in
	--rounds) rounds=$2 ;;
	--json) json=$2 ;;
	*)
		echo 'usage: sh bench/run.sh BUILD [--rounds N] [--json FILE]' >&2
		exit 2
		;;
	esac
	shift 2
done
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ninja -C "$build" podsim bench/bench-bare bench/bench-compare bench/bench-engine >"$scratch"/ninja || { cat "$scratch"/ninja; exit 1; }
"$build"/bench/bench-compare "$build"/podsim "$build"/bench/bench-bare "$build"/bench/bench-engine \
	"$here"/scenarios "$scratch" "$rounds" ${json:+--json "$json"}
