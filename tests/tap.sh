# tap.sh - what tests in shell share: a scratch folder, counted results in TAP, and commands held to an exit code. To be sourced.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
n=0

ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# What the command prints is left in $work/stdout and $work/stderr.
expect_code() { # CODE NAME COMMAND...
	want=$1
	name=$2
	shift 2
	"$@" >"$work/stdout" 2>"$work/stderr"
	got=$?
	[ "$got" -eq "$want" ] || echo "# exit code $got, expected $want: $*"
	[ "$got" -eq "$want" ]
	ok $? "$name"
}
