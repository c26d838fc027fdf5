# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# Which Python. want_python LOWEST HANDED INTERPRETER...: the first one that is LOWEST (major * 100 + minor) or later; where HANDED is not empty,
# it answers, behind the records, to the program that comes by standard input.
want_python() {
    lowest=$1
    handed=$2
    shift 2
    for name; do
        python=$(command -v "$name") || continue
        told=$("$python" -S -E -c 'import sys
print(sys.version_info[0] * 100 + sys.version_info[1])
sys.stdout.flush()
import json, subprocess, zlib' </dev/null 2>/dev/null)
        whole=$?
        case $told in
            '' | *[!0-9]*) record unfit "$python" broken ;;
            *)
                if [ "$told" -lt "$lowest" ]; then
                    record unfit "$python" "$told"
                elif [ "$whole" -eq 0 ]; then
                    record python "$python" "$told"
                    record end
                    # The locale of the login is what names of files mean to Python 3.6.
                    unset LC_ALL
                    [ -z "$handed" ] || "$python" -I -S -B -X utf8 -
                    return
                else
                    record unfit "$python" incomplete
                fi
                ;;
        esac
    done
    record end
}
