#!/bin/sh
# Renews the outputs in a runbook: runs every line that begins with "$ " in a block marked `console` and puts
# what it prints below it, standard error included, without spaces at the ends of lines. Lines share one shell.
# Usage: runbook.sh PODSIM FILE.md           prints the renewed file
#        runbook.sh --check PODSIM FILE.md   prints the difference; exit code 1 when there is one
#        runbook.sh --update PODSIM FILE.md  writes it back
# A command that prints nothing is an error: it has lost what it was to show.
set -u
mode=print
case $1 in
--check | --update)
	mode=${1#--}
	shift
	;;
esac
program=$(realpath "$1")
file=$(realpath "$2")
new=$(mktemp)
answer=$(mktemp)
trap 'rm -f "$new" "$answer"' EXIT
cd "$(dirname "$0")/.." || exit 2

podsim() {
	"$program" "$@"
}

block=no
silent=no
while IFS= read -r line <&3; do
	case $block$line in
	'no```console')
		block=yes
		printf '%s\n' "$line"
		;;
	'yes```')
		block=no
		printf '%s\n' "$line"
		;;
	yes'$ '*)
		printf '%s\n' "$line"
		# not in a pipe: variables have to last
		eval "${line#??}" >"$answer" 2>&1 </dev/null
		sed 's/ *$//' "$answer"
		case $line in
		'$ '[A-Z]*=*) ;; # an assignment
		*) [ -s "$answer" ] || {
			echo "prints nothing: $line" >&2
			silent=yes
		} ;;
		esac
		;;
	yes*) ;; # the old output
	*)
		printf '%s\n' "$line"
		;;
	esac
done 3<"$file" >"$new"

[ $silent = no ] || exit 1
case $mode in
print) cat "$new" ;;
update) cat "$new" >"$file" ;;
check) diff -u "$file" "$new" ;;
esac
