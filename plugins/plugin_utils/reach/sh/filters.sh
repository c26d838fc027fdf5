# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# Filters: what they print goes out, and nothing else of the file does.

# A comment may say anything. Of its line the beginning stays, so that lines keep their numbers.
uncommented() { sed 's/^\([[:blank:]]*[#;]\).*/\1/'; }
passwd() { sed 's/^\([^:]*\):[^:]*:\([^:]*\):\([^:]*\):[^:]*:/\1::\2:\3::/'; }
mail_ports() { sed '/^\(imap\|pop\|kpop\)/!s/.*//'; }
dpkg_status() { sed -n '/^Package: /p;/^Status: /p;/^Section: /p;/^Architecture: /p;/^Multi-Arch: /p;/^Version: /p;/^$/p'; }
apk_installed() { sed -n '/^[PVAFR]:/p;/^$/p'; }
tls_variables() { sed '/^[[:blank:]]*\(export[[:blank:]][[:blank:]]*\)\{0,1\}\(OPENSSL_CONF\|GNUTLS_SYSTEM\|NSS_IGNORE\)[A-Z_]*=/!s/.*//'; }
# Of a file that sessions read, the variables that have a plain value. $exported: what stands before each: whether a shell's file
# exports it may be said on a line of its own. Of one that a shell sets behind other words, a value that only that shell knows.
session_variables() {
    behind='\(then\|else\|do\|export\|declare\|typeset\)[[:blank:]]\([^#;&|]*[[:blank:]]\)\{0,1\}'
    known_there=
    [ -n "${exported-}" ] && known_there="s/^[^#]*[;&|({][[:blank:]]*${variables-}:\{0,1\}=.*\$/export \1=\"\$(:)\"/;t
s/^\([^#]*[;&|({]\)\{0,1\}[[:blank:]]*$behind${variables-}:\{0,1\}=.*\$/export \4=\"\$(:)\"/;t"
    sed "s/^[[:blank:]]*\(export[[:blank:]][[:blank:]]*\)\{0,1\}${variables-}=\([\"']\{0,1\}[^[:blank:];&|]*\).*\$/${exported-}\2=\3/;t
$known_there
s/.*//"
}
# Of a file of csh or fish, that it exports one of $variables.
exported_names() {
    sed "s/^\([^#]*[[:blank:];]\)\{0,1\}[sS][eE][tT][envUVAR]*[[:blank:]][^#;]*${variables-}\([[:blank:]:].*\)\{0,1\}\$/setenv \2/;t
s/.*//"
}
# Of the rules by which PAM gives variables to sessions, those of $variables.
pam_rules() { sed "/^[[:blank:]]*${variables-}[[:blank:]=]/!s/.*//"; }
daemon_defaults() { sed -n 's/^\([[:blank:]]*START_DAEMON=["'\'']\{0,1\}[A-Za-z]*["'\'']\{0,1\}\).*$/\1/;/START_DAEMON/!s/.*//;p'; }

# Lines whose first word is in $keep go out, of those in $known that word, of all others nothing. $comment: what ends a kept line.
words() {
    awk '{
        text = $0
        sub(/^[ \t\r\v\f]+/, "", text)
        if (text == "") { print ""; next }
        if (substr(text, 1, 1) == "#") { print "#"; next }
        match(text, /^[^ \t\r\v\f]+/)
        word = tolower(substr(text, 1, RLENGTH))
        if (index(ENVIRON["keep"], " " word " ") && length(text) < 500) {
            if (ENVIRON["comment"] != "") sub(/[ \t]#.*$/, "", text)
            print text
        } else if (index(ENVIRON["known"], " " word " ")) {
            # How many words follow may decide whether the file is taken at all.
            text = substr(text, length(word) + 1)
            sub(/[ \t]#.*$/, "", text)
            if (ENVIRON["comment"] == "") text = " \032"
            gsub(/[^ \t"\\]+/, "\032", text)
            print word text
        }
        else print "\032"
    }'
}

# Lines of key = value, and headers in brackets: headers go out, the values of the keys in $keep, and of those in $known the key.
assignments() {
    awk '{
        text = $0
        sub(/^[ \t\r\v\f]+/, "", text)
        if (text == "" || text ~ /^[#;]/) { print substr(text, 1, 1); next }
        if (text ~ /^\[[^]]*\]/) { sub(/\].*$/, "]", text); print text; next }
        key = text
        sub(/[ \t]*=.*$/, "", key)
        if (text ~ /=/ && index(ENVIRON["keep"], " " tolower(key) " ")) { print text; next }
        match(key, /^[A-Za-z_]*/)
        key = substr(key, 1, RLENGTH)
        if (key == "" || !index(ENVIRON["known"], " " tolower(key) " ")) key = "withheld"
        print key (text ~ /=|<>/ ? " = \032" : "\032")
    }'
}

# openssl.cnf: directives, headers, the commands in $commands, and what leads to a section that is there or stands beside system_default.
openssl_cnf() {
    awk 'function bare(text) { gsub(/^[ \t]+|[ \t\r]+$/, "", text); return text }
    { line[NR] = $0; of[NR] = section }
    /^[ \t]*\[[^]]*\]/ { section = $0; sub(/^[ \t]*\[/, "", section); sub(/\].*$/, "", section); section = bare(section); sections[section] = 1 }
    /^[ \t]*system_default[ \t]*=/ { leads[section] = 1 }
    END {
        for (number = 1; number <= NR; number++) {
            text = line[number]
            value = key = text
            sub(/=.*$/, "", key)
            sub(/^[^=]*=/, "", value)
            sub(/#.*$/, "", value)
            key = bare(key)
            last = key
            sub(/^.*[.:]/, "", last)
            on = text ~ /\\\r?$/
            if (going) { print kept ? text : "\032" (on ? "\\" : ""); going = on; continue }
            kept = text ~ /^[ \t]*\.(include|pragma)/ || (of[number] in leads) || index(ENVIRON["commands"], " " tolower(last) " ") || (bare(value) in sections)
            going = on
            if (bare(text) == "" || text ~ /^[ \t]*#/) { print on ? "#\\" : ""; kept = 0 }
            else if (text ~ /^[ \t]*\[/) { sub(/\].*$/, "]", text); print text }
            else if (kept) { if (!on) sub(/[ \t]#.*$/, "", text); print text }
            else print (text ~ /=/ ? "withheld" number " = " : "") "\032" (on ? "\\" : "")
        }
    }'
}

# fetchmail has a free-format file: words of its grammar and the arguments of options in $keep go out, and of any other text only that it is one.
fetchmailrc() {
    awk 'function in_list(list, word) { return index(ENVIRON[list], " " word " ") }
    { text = text $0 "\n" }
    END {
        if (ENVIRON["ended"] == 0) text = substr(text, 1, length(text) - 1)
        if (length(text) > 65536) exit 1
        for (rest = text; rest != "";) {
            first = substr(rest, 1, 1)
            if (index(" \t\r;:,", first)) { printf "%s", first; rest = substr(rest, 2); continue }
            if (match(rest, /^(#[^\n]*)?\\?\n/)) {
                printf "%s\n", first == "#" ? "#" : first == "\\" ? "\\" : ""
                rest = substr(rest, RLENGTH + 1)
                continue
            }
            if (first == "=") { printf "="; expected = "name"; wanted = 0; rest = substr(rest, 2); continue }
            match(rest, /^[^=;:, \t\r\n]+/)
            word = substr(rest, 1, RLENGTH)
            quoted = ""
            if (first == "\"" || first == "\047") {
                closing = index(substr(rest, 2), first)
                if (closing && closing + 1 >= length(word)) quoted = substr(rest, 1, closing + 1)
            }
            if (quoted != "") {
                rest = substr(rest, length(quoted) + 1)
                if (!wanted) { gsub(/[^\n]/, "", quoted); quoted = first "\032" quoted first }
                printf "%s", quoted
                expected = ""
                wanted = 0
                continue
            }
            if (expected != "name" && (in_list("known", word) || (expected == "auth" && word == "password"))) {
                if (word == "no" || in_list("negated", word)) word = "no"
                printf "%s", word
                rest = substr(rest, length(word) + 1)
                if (in_list("noise", word)) continue
                wanted = in_list("keep", word)
                numeric = in_list("numbers", word)
                expected = in_list("names", word) && !(expected == "auth" && word == "password") ? "name" : in_list("auths", word) ? "auth" : ""
                continue
            }
            rest = substr(rest, length(word) + 1)
            if (wanted && expected != "name") printf "%s", word
            else if (expected != "name" && word ~ /^-?[0-9]+$/) printf "%s", numeric ? word : "0"
            else printf "\032"
            expected = ""
            wanted = 0
        }
    }'
}
