# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# Packages

TAB=$(printf '\t')

# As root, rpm may write to its database even when it is only asked; nobody may not.
as_nobody() {
    [ "$(id -u)" = 0 ] || exec "$@"
    chroot --userspec=65534:65534 / true && exec chroot --userspec=65534:65534 / "$@"
    exec perl -e '$) = "65534 65534"; $( = 65534; $< = $> = 65534; exec @ARGV or exit 1' "$@"
}

RPM_FORMAT='%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\n'

# want_packages NAME...: the packages of these names, and which ones the programs and libraries belong to.
want_packages() {
    if [ -f /var/lib/dpkg/status ]; then
        LIMIT=67108864
        export LIMIT
        take dpkg_status /var/lib/dpkg/status
        # A package may have shipped a file under the name that it had before /bin became a link.
        set +f
        # shellcheck disable=SC2062
        record dpkg "$(printf '%s' "$OWNED" | sed -n '/^$/d;p;s/^\/usr//p' | grep -xF -f - /var/lib/dpkg/info/*.list)"
        set -f
    elif [ -f /lib/apk/db/installed ]; then
        LIMIT=16777216
        export LIMIT
        take apk_installed /lib/apk/db/installed
    elif command -v rpm >/dev/null; then
        for name in $OWNED; do
            record rpm_owner "$name" "$(limited 20 as_nobody rpm -qf --queryformat "$RPM_FORMAT" "$name" | grep "$TAB")"
        done
        record rpm_packages "$(limited 20 as_nobody rpm -q --queryformat "$RPM_FORMAT" "$@" | grep "$TAB")"
    fi
}

# packaged FILE...: those that belong to a package.
packaged() {
    [ "$#" -gt 0 ] || return 0
    if [ -f /var/lib/dpkg/status ]; then
        # shellcheck disable=SC2062
        belonging=$(printf '%s\n' "$@" | sed 'p;s/^\/usr//' | (set +f && grep -hxF -f - /var/lib/dpkg/info/*.list) | sed 'p;s/^/\/usr/')
        printf '%s\n' "$@" | grep -xF "$belonging"
    elif [ -f /lib/apk/db/installed ]; then
        { printf '%s\n' "$@" =; cat /lib/apk/db/installed; } | awk '$0 == "=" { installed = 1 }
            !installed { wanted[$0] = 1 }
            /^F:/ { directory = "/" substr($0, 3) "/" }
            /^R:/ && directory substr($0, 3) in wanted { print directory substr($0, 3) }'
    elif command -v rpm >/dev/null; then
        # Only a list of an answer for each file, in their order, tells which is whose.
        answers=$(limited 20 as_nobody rpm -qf --queryformat 'yes\n' "$@" | sed 's/^file .* is not owned by any package$/no/')
        { printf '%s\n' "$@" =; printf '%s\n' "$answers"; } | awk '$0 == "=" { answers = 1; next }
            !answers { file[++files] = $0; next }
            { is_owned[++given] = $0 }
            END { if (files == given) for (i = 1; i <= files; i++) if (is_owned[i] == "yes") print file[i] }'
    fi
}
