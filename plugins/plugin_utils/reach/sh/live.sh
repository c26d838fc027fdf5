# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# Who is connected to a mail server

real=

# want_live: the kernel's lines of connections to ports 110, 143, 993 and 995, and the processes that hold these, of this network namespace.
want_live() {
    [ -r /proc/net/tcp ] || return 0
    lines=$(for table in /proc/net/tcp /proc/net/tcp6; do
        sed -n '/^ *[0-9]*: [0-9A-F]*:[0-9A-F]* [0-9A-F]*:\(006E\|008F\|03E1\|03E3\) 0[1245689B] /p' <"$table"
    done | sed 500q)
    # In which order the processor has the bytes of a number.
    record sockets "$(printf '\1\0' | od -An -tu2 | tr -d ' ')" "$lines"
    inodes=" $(printf '%s\n' "$lines" | awk '{ printf "%s ", $10 }')"
    [ -n "$lines" ] || return 0
    export inodes
    set +f
    # shellcheck disable=SC2012
    holders=$(ls -l /proc/[0-9]*/fd | awk '
        /^\/proc\/[0-9]*\/fd:$/ { split($0, parts, "/"); number = parts[3] }
        / [0-9]+ -> socket:\[[0-9]*\]$/ {
            inode = $NF
            gsub(/[^0-9]/, "", inode)
            if (index(ENVIRON["inodes"], " " inode " ")) print "/proc/" number "/fd/" $(NF - 2) " " inode
        }')
    set -f
    for holder in $holders; do
        # A file that is open may be called like a line of this list. Only the link itself says what it leads to.
        [ "$(readlink "${holder% *}")" != "socket:[${holder#* }]" ] || holds "${holder%/fd/*}" "${holder#* }"
    done
}

# holds PROCESS INODE
holds() {
    real_path "$1/exe"
    program=$real
    [ -n "$program" ] || return 0
    # shellcheck disable=SC2012
    if [ "$(ls -di "$1/root/" | sed 's/^ *\([0-9]*\).*/\1/')" != "$(ls -di / | sed 's/^ *\([0-9]*\).*/\1/')" ]; then
        record process "$2" "$(ls -ldn "$1")" "$program" "$(cat "$1/cgroup")" apart '' ''
        return 0
    fi
    libraries=$(sed -n 's/^[^/]* \(\/.*\)$/\1/p' <"$1/maps" | grep -E '/lib(ssl|gnutls)[^/]*[.]so[^/]*$' | sort -u)
    # Of the words of its command line, those that are files: its script, its configuration.
    words=$(tr '\000' '\012' <"$1/cmdline" | sed -n '/^\//p' | while read -r word; do [ -f "$word" ] && printf '%s\n' "$word"; done)
    variables=$(tr '\000' '\012' <"$1/environ" | sed -n '/^OPENSSL_CONF=/p;/^OPENSSL_CONF_INCLUDE=/p;/^GNUTLS_SYSTEM_[A-Z_]*=/p;/^NSS_IGNORE_SYSTEM_POLICY=/p')
    record process "$2" "$(ls -ldn "$1")" "$program" "$(cat "$1/cgroup")" "$libraries" "$words" "$variables"
    owned "$program"
    seen "$program"
    for library in $libraries; do
        [ -f "$library" ] && library "$library"
    done
    for variable in $variables; do
        case $variable in
            OPENSSL_CONF=/*) openssl_file "${variable#*=}" ;;
            GNUTLS_SYSTEM_PRIORITY_FILE=/*) named uncommented "${variable#*=}" ;;
        esac
    done
}
