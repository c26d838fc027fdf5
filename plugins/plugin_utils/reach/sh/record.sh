# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh
#
# What programs of the shell on a host have in common. They read, print records, and write nothing: no file, no here-document (some shells
# keep those in files). POSIX sh and the utilities of 2007; where one is missing, the controller sees it from what is absent.
#
# program.py puts the calls behind the parts, all inside one function, so that half a transmission does nothing. A record is the number of
# its fields, their lengths in bytes, a line feed, the fields and a line feed: nothing that a file holds can be taken for a record.

LC_ALL=C
export LC_ALL
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export PATH
umask 077
set -f

record() {
    printf '%s' "$#"
    for field; do printf ' %s' "${#field}"; done
    printf '\n'
    for field; do printf '%s' "$field"; done
    printf '\n'
}
