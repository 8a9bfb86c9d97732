#!/bin/sh
# Installs nuget-plugin-codeartifact for this user, or removes it. `--help` names the options.
#
#   curl -fsSL https://github.com/nuget-plugin-codeartifact/nuget-plugin-codeartifact/releases/latest/download/install.sh | sh
#   ./install.sh    in the folder of an unpacked release: uses what is there and downloads nothing
#
# For any POSIX shell. Everything is in functions which the last line calls, so that nothing is run
# of a script that was cut off on its way. Variables are global: not every shell has `local`.
if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi
set -eu

repository=https://github.com/nuget-plugin-codeartifact/nuget-plugin-codeartifact
name=nuget-plugin-codeartifact
script=$0
# The folder for downloads, and the process that is waited for. Both end with the script.
temporary=
child=

usage() {
    cat <<END
Install $name, the NuGet credential provider for AWS CodeArtifact, for
this user. No administrator rights are needed.

Usage: install.sh [OPTIONS]

Options:
      --version VERSION  Install this version, such as 0.1.0, instead of the latest
      --dir DIR          Install in this plugins folder instead of ~/.nuget/plugins
      --offline ARCHIVE  Install from this archive of a release, which has SHA256SUMS
                         beside it; nothing is downloaded
      --sha256 DIGEST    Accept an archive with this digest, instead of what
                         SHA256SUMS says
      --no-provenance    Do not check with \`gh\` which workflow has built the archive
      --uninstall        Remove the plugin; nothing is downloaded
  -h, --help             Print help

All other options go to \`install\` of the plugin (--netcore-only, --netfx-only,
--no-launcher, --json), or to its \`uninstall\` (--purge, --json).

In the folder of an unpacked release, nothing is downloaded unless there is
--version.

Variables:
  CODEARTIFACT_NUGET_RELEASES          A mirror, instead of
      $repository/releases
  CODEARTIFACT_NUGET_DOWNLOAD_SECONDS  How long a download may take (600)
  HTTPS_PROXY, NO_PROXY                As curl or wget use them
  CURL_CA_BUNDLE, SSL_CERT_FILE, AWS_CA_BUNDLE
                                       Certificate authorities to trust

Exit codes: 0 installed; 1 failed; 2 wrong usage; 3 this system is not supported, or
a program is missing; 4 download failed; 5 a file is not the one of the release.
END
}

# Nobody may be there to read it, which is no reason to stop.
say() {
    printf '%s\n' "$*" >&2 || :
}

fail() {
    code=$1
    shift
    say "error: $*"
    exit "$code"
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# The first words of a file that another program wrote, without what could control a terminal.
said() {
    LC_ALL=C tr -s -c '\041-\176' ' ' <"$1" | cut -c 1-300
}

# Runs a program so that a signal ends it together with this script. Its exit code is in `result`.
in_background() {
    result=0
    "$@" </dev/null &
    child=$!
    # Some shells say here how a process ended.
    wait "$child" 2>/dev/null || result=$?
    child=
}

# Limits what this process can write to a file, in blocks of 512 bytes, without a dump of what that ends.
limit_files() {
    # shellcheck disable=SC3045 # where there is no -c, there is none
    ulimit -c 0 2>/dev/null || :
    ulimit -f "$1" 2>/dev/null || :
}

# Replaces a subshell by a program that can write files of this size only.
limited() {
    limit_files "$1"
    shift
    exec "$@"
}

# With a limit of time where the system has a program for that.
bounded() {
    seconds=$1
    shift
    if has timeout; then set -- timeout "$seconds" "$@"; fi
    exec "$@"
}

# For a signal. Not every shell keeps an exit code while it leaves by a trap.
end_with() {
    trap - EXIT
    clean_up
    exit "$1"
}

clean_up() {
    trap '' HUP INT TERM
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null || :
        wait "$child" 2>/dev/null || :
    fi
    [ -z "$temporary" ] || rm -rf "$temporary" || :
}

find_system() {
    system=$(uname -s)
    processor=$(uname -m)
    case $processor in
        x86_64 | amd64) processor=x64 ;;
        aarch64 | arm64) processor=arm64 ;;
    esac
    case $system in
        Linux) system=linux ;;
        Darwin)
            system=osx
            # Rosetta shows an Intel processor to the programs that it translates.
            if [ "$(sysctl -n hw.optional.arm64 2>/dev/null || :)" = 1 ]; then processor=arm64; fi
            ;;
        MINGW* | MSYS* | CYGWIN* | Windows_NT)
            fail 3 "This shell runs on Windows. Install in PowerShell: irm $repository/releases/latest/download/install.ps1 | iex"
            ;;
    esac
    case $system-$processor in
        linux-x64 | linux-arm64 | osx-x64 | osx-arm64) ;;
        *) fail 3 "There is no release for $(uname -sm). Releases are for Linux, macOS and Windows on x64 and arm64; for another system, build $repository" ;;
    esac
    stem=$name-$system-$processor
    archive=$stem.tar.gz
}

# Nothing is downloaded that could not be verified or unpacked then. Small images have no tar.
find_tools() {
    has tar || fail 3 "\`tar\` is not installed. Nothing was installed. Install tar, and run this again"
    case $(tar --version 2>/dev/null) in
        *"GNU tar"*) has gzip || fail 3 "\`gzip\` is not installed. Nothing was installed. Install gzip, and run this again" ;;
    esac
    has sha256sum || has shasum || has openssl ||
        fail 3 "No program for SHA-256 is installed. Nothing is installed without a check: install sha256sum, shasum or openssl"
}

# A folder of this user's own, in which programs can be started: /tmp may be mounted without that. Root
# takes none in a folder that somebody else can rename.
make_temporary() {
    umask 077
    for place in "${TMPDIR:-/tmp}" /tmp "${HOME:-}"; do
        if [ ! -d "$place" ] || is_of_another "$place"; then continue; fi
        # tar takes what is before a colon for a machine.
        case $place in
            /*) ;;
            *) place=$PWD/$place ;;
        esac
        temporary=$(mktemp -d "$place/$name.XXXXXXXXXX" 2>/dev/null) || { temporary= && continue; }
        if { printf '#!/bin/sh\n' >"$temporary/try" && chmod 700 "$temporary/try" && "$temporary/try"; } 2>/dev/null; then
            return 0
        fi
        rm -rf "$temporary"
        temporary=
    done
    fail 1 "No temporary folder: neither ${TMPDIR:-/tmp} nor the home can be written to and run programs. Set TMPDIR to a folder that can"
}

# Whether an address is one of this machine.
is_local() {
    host=${1#*://}
    host=${host%%[/?#]*}
    case $host in
        *@*) return 1 ;;
        localhost | localhost:* | 127.0.0.1 | 127.0.0.1:* | '[::1]' | '[::1]':*) return 0 ;;
        *) return 1 ;;
    esac
}

# Whether something may be downloaded from there: by https, or on this machine from a mirror that is
# there too.
is_allowed() {
    case $1 in
        https://?*) return 0 ;;
        http://?*) [ "$protocols" != =https ] && is_local "$1" ;;
        *) return 1 ;;
    esac
}

find_releases() {
    releases=${CODEARTIFACT_NUGET_RELEASES:-$repository/releases}
    protocols='=https'
    is_mirror=yes
    while [ "$releases" != "${releases%/}" ]; do releases=${releases%/}; done
    if [ "$releases" = "$repository/releases" ]; then is_mirror=no; fi
    case $releases in
        *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/._~%+,=\[\]-]*)
            fail 2 "CODEARTIFACT_NUGET_RELEASES is not the address of a mirror. Give an https URL without a name or password (~/.netrc can have them); a folder's archive is installed with --offline"
            ;;
        http://*) if is_local "$releases"; then protocols='=http,https'; fi ;;
    esac
    is_allowed "$releases" ||
        fail 2 "CODEARTIFACT_NUGET_RELEASES is not an https URL. Downloads use https only; a folder's archive is installed with --offline"
    limit=${CODEARTIFACT_NUGET_DOWNLOAD_SECONDS:-600}
    case $limit in
        '' | 0* | *[!0123456789]* | ??????*) fail 2 "Invalid CODEARTIFACT_NUGET_DOWNLOAD_SECONDS: expected a number of seconds, such as 600" ;;
    esac
}

find_downloader() {
    if has curl; then
        downloader=curl
    elif has wget; then
        downloader=busybox
        if wget --version 2>/dev/null | grep -q '^GNU Wget'; then downloader=wget; fi
    else
        fail 3 "Neither curl nor wget is installed. Install one of them, or download $archive and SHA256SUMS from $releases and run: install.sh --offline $archive"
    fi
    # What curl knows by itself, and wget does not.
    authorities='' proxy=''
    if [ $downloader != curl ]; then
        authorities=${CURL_CA_BUNDLE:-${SSL_CERT_FILE:-}}
        proxy=${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY:-}}}}
    fi
}

# One request by curl. Its exit codes are in its manual page.
request_with_curl() {
    # Not --location: a redirect is followed only after a look at where it leads.
    set -- --silent --show-error --fail --globoff --proto "$protocols" --proto-redir "$protocols" \
        --tlsv1.2 --connect-timeout 20 --max-time "$left" --speed-limit 1000 --speed-time 20 \
        --max-filesize "$size" --output "$file" \
        --write-out '%{http_code} %{http_connect} %{redirect_url}' "$address"
    [ -z "$authorities" ] || set -- --cacert "$authorities" "$@"
    [ $is_mirror = no ] || set -- --netrc-optional "$@"
    in_background limited $((size / 512 + 1)) curl "$@" >"$temporary/answer" 2>"$temporary/said"
    http='' connect='' location=''
    read -r http connect location <"$temporary/answer" || :
    case $connect in
        407) refuse "the proxy requires a user name and a password (HTTP 407)" && return ;;
        [45]??) refuse "the proxy refused it (HTTP $connect)" && return ;;
    esac
    case $result in
        0 | 22) judge_status ;;
        5) refuse "the host of the proxy was not found" ;;
        6) try_again "its host was not found" ;;
        7) try_again "the connection was refused" ;;
        18 | 52 | 55 | 56 | 92 | 95) try_again "the connection was cut" ;;
        28) try_again "it took too long" ;;
        35) try_again "there was no TLS connection of version 1.2 or newer" ;;
        51 | 60 | 77) judge_certificate ;;
        63 | 153) refuse "it is larger than such a file can be" ;;
        23) refuse "$unwritten" ;;
        *) refuse "curl failed with code $result: $(said "$temporary/said")" ;;
    esac
}

# wget knows variables of small letters only. That of busybox would ask `http_proxy` for an https address
# without TLS, and knows no other way through a proxy.
wget_for_this_user() {
    case $downloader-$address in busybox-https:*) unset http_proxy ;; esac
    https_proxy=$proxy
    no_proxy=${no_proxy:-${NO_PROXY:-}}
    export https_proxy no_proxy
    # For a wget that leaves TLS to another program.
    if [ -n "$authorities" ]; then
        SSL_CERT_FILE=$authorities
        export SSL_CERT_FILE
    fi
    LC_ALL=C
    export LC_ALL
    limit_files $((size / 512 + 1))
    bounded "$left" wget "$@"
}

# One request by wget. What happened is in what it prints.
request_with_wget() {
    set -- -S -O "$file" "$address"
    if [ $downloader = wget ]; then
        # Some of its versions take a name of a version of TLS for this one alone.
        tls=TLSv1_2
        if [ "$attempt" = 2 ]; then tls=TLSv1_3; fi
        set -- --no-verbose --max-redirect=0 --tries=1 --timeout=20 "$@"
        case $address in https:*) set -- --secure-protocol=$tls "$@" ;; esac
        [ -z "$authorities" ] || set -- "--ca-certificate=$authorities" "$@"
        [ $is_mirror = yes ] || set -- --no-netrc "$@"
    fi
    in_background wget_for_this_user "$@" >/dev/null 2>"$temporary/said"
    http='' location=''
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            *"HTTP/"*" "[12345][0123456789][0123456789]*)
                http=${line#*HTTP/}
                http=${http#* }
                http=${http%"${http#???}"}
                ;;
            *"validation not implemented"*) http=unchecked ;;
            *"Proxy Authentication Required"*) http=407 ;;
            *[Ll]ocation:\ *)
                location=${line#*ocation: }
                location=${location%%[![:graph:]]*}
                complete_location
                # busybox has followed it already.
                if [ $downloader = busybox ]; then
                    is_allowed "$location" || http=elsewhere
                    note_pinned "$location"
                fi
                ;;
        esac
        case $http in unchecked | elsewhere) break ;; esac
    done <"$temporary/said"
    case $result-$http in
        *-unchecked) refuse "the \`wget\` of this system does not check certificates; install curl" ;;
        *-elsewhere) refuse "it redirects to an address that is not https" ;;
        124-* | 143-*) try_again "it took too long" ;;
        153-*) refuse "it is larger than such a file can be" ;;
        0-* | *-[345]??) judge_status ;;
        5-*) judge_certificate ;;
        3-*) refuse "$unwritten" ;;
        *-2??) try_again "the connection was cut" ;;
        *)
            if grep -qi 'certificate' "$temporary/said"; then
                judge_certificate
            elif grep -q 'error getting response' "$temporary/said"; then
                try_again "the connection was cut"
            elif [ $downloader = busybox ] && [ -n "$proxy" ]; then
                refuse "the \`wget\` of this system goes through no proxy to https; install curl"
            else
                try_again "wget failed with code $result: $(said "$temporary/said")"
            fi
            ;;
    esac
}

# wget prints a redirect as the server wrote it.
complete_location() {
    case $location in
        //*) location=${address%%:*}:$location ;;
        /*)
            host=${address#*://}
            location=${address%%:*}://${host%%/*}$location
            ;;
    esac
}

judge_status() {
    case $http in
        30[12378]) outcome=redirect ;;
        2??) outcome=good ;;
        404 | 410) refuse "there is no such file (HTTP $http)" ;;
        407) refuse "the proxy requires a user name and a password (HTTP 407)" ;;
        408 | 429 | 5??) try_again "the server failed (HTTP $http)" ;;
        [14]??) refuse "the server refused it (HTTP $http)" ;;
        *) try_again "there was no response" ;;
    esac
}

judge_certificate() {
    if [ -n "${AWS_CA_BUNDLE:-}" ] && [ "$authorities" != "$AWS_CA_BUNDLE" ]; then
        authorities=$AWS_CA_BUNDLE
        outcome=redirect location=$address
        return 0
    fi
    named=${authorities:-${CURL_CA_BUNDLE:-${SSL_CERT_FILE:-}}}
    if [ -n "$named" ] && [ ! -r "$named" ]; then
        refuse "the file of certificate authorities cannot be read: $named"
        return 0
    fi
    refuse "the server's certificate is not trusted; name the authority's file in CURL_CA_BUNDLE"
}

try_again() {
    outcome=again cause=$1
}

refuse() {
    outcome=refused cause=$1
}

# Where the release's own address is among the redirects, that is noted: the latest release may be
# another one a moment later.
note_pinned() {
    case $1 in
        */download/v*/"${file##*/}") pinned=${1%/*} ;;
    esac
}

# Downloads ADDRESS to FILE, which may have SIZE bytes.
fetch() {
    unwritten="it could not be written to $temporary; free some space, or set TMPDIR to another folder"
    file=$2
    size=$3
    deadline=$(($(date +%s) + limit))
    for attempt in 1 2 3; do
        address=$1 hops=0
        while :; do
            left=$((deadline - $(date +%s)))
            if [ "$left" -lt 1 ]; then
                refuse "it took longer than $limit seconds; CODEARTIFACT_NUGET_DOWNLOAD_SECONDS sets another limit"
                break
            fi
            if [ $downloader = curl ]; then request_with_curl; else request_with_wget; fi
            [ "$outcome" = redirect ] || break
            hops=$((hops + 1))
            if ! is_allowed "$location"; then
                refuse "it redirects to an address that is not https"
                break
            elif [ $hops -gt 10 ]; then
                refuse "it redirects more than ten times"
                break
            fi
            address=$location
            note_pinned "$address"
        done
        if [ "$outcome" = good ] && [ "$(wc -c <"$file")" -gt "$size" ]; then
            refuse "it is larger than such a file can be"
        fi
        if [ "$outcome" != again ] || [ "$attempt" = 3 ]; then break; fi
        in_background sleep "$attempt"
    done
    [ "$outcome" = good ] ||
        fail 4 "Download of $1 failed: $cause. Nothing was installed. Check the version, the network and HTTPS_PROXY; or download $archive in another way and use --offline"
}

# The digest of a file, in `digest`.
find_digest() {
    if has sha256sum; then
        digest=$(sha256sum <"$1")
    elif has shasum; then
        digest=$(shasum -a 256 <"$1")
    else
        digest=$(openssl dgst -sha256 -r <"$1")
    fi
    digest=${digest%% *}
    is_digest "$digest" || fail 3 "No SHA-256 of $1 could be computed. Nothing was installed"
}

is_digest() {
    case $1 in
        *[!0123456789abcdef]*) return 1 ;;
    esac
    [ ${#1} -eq 64 ]
}

# The digest that a list of checksums has for a name, in `expected`. The arguments are the file, the
# name, what messages call the file, and what helps if the name is missing. Each line must be one of
# `sha256sum`: a list that is anything else was not made by a release.
find_expected() {
    expected='' number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        listed=${line%% *}
        entry=${line#"$listed"}
        case $entry in
            "  "[!\ ]* | " *"[!\ ]*) entry=${entry#??} ;;
            *) listed= ;;
        esac
        is_digest "$listed" || fail 5 "$3 is not a list of checksums (line $number). Nothing was installed. Check what is between this machine and the release"
        [ "$entry" = "$2" ] || continue
        [ -z "$expected" ] || fail 5 "$3 names $2 twice. Nothing was installed"
        expected=$listed
    done <"$1"
    [ -n "$expected" ] || fail 5 "$3 does not name $2. Nothing was installed. $4"
}

check_digest() {
    find_digest "$temporary/$archive"
    [ "$digest" = "$expected" ] ||
        fail 5 "$1 is not the file of the release: its SHA-256 is $digest, expected $expected. Nothing was installed. Download it again; if that fails too, report it: $repository/security"
}

# Who built the archive, if this user has GitHub's command and is signed in with it.
check_provenance() {
    verified="SHA-256 $digest"
    if [ $provenance = no ] || ! has gh || ! gh attestation verify --help >/dev/null 2>&1; then return 0; fi
    if ! gh auth token --hostname github.com >/dev/null 2>&1; then
        say "note: gh is not signed in, so the provenance is not checked; the digest is"
        return 0
    fi
    in_background bounded 120 gh attestation verify "$temporary/$archive" --hostname github.com --repo "${repository#https://github.com/}" >"$temporary/said" 2>&1
    [ "$result" = 0 ] ||
        fail 5 "gh could not verify that $archive was built by $repository: $(said "$temporary/said"). Nothing was installed. If gh does not reach GitHub here, use --no-provenance"
    verified="$verified, built by the workflow of $repository"
}

# The program alone is taken out of the archive, as bytes, so that no name and no link in there leads
# anywhere.
unpack() {
    # What people set for archives of their own would change what is read here.
    unset TAR_OPTIONS
    program=$temporary/$name
    in_background limited 16384 tar -tzf "$temporary/$archive" >"$temporary/list" 2>"$temporary/said"
    [ "$result" = 0 ] || fail 5 "$1 could not be unpacked: $(said "$temporary/said"). Nothing was installed"
    found=no
    while IFS= read -r entry; do
        case /$entry/ in
            */../*) entry= ;;
        esac
        case $entry in
            "$stem/$name") found=yes ;;
            "$stem" | "$stem"/*) ;;
            *) fail 5 "$1 is not an archive for this system ($system-$processor): it has files outside $stem. Nothing was installed" ;;
        esac
    done <"$temporary/list"
    [ $found = yes ] || fail 5 "$1 has no program $stem/$name. Nothing was installed"
    in_background limited 1048576 tar -xzOf "$temporary/$archive" "$stem/$name" >"$program" 2>"$temporary/said"
    [ "$result" = 0 ] || fail 1 "$program could not be written. Nothing was installed. Free some space, or set TMPDIR to another folder"
    [ -s "$program" ] || fail 5 "$1 has no program $stem/$name. Nothing was installed"
    chmod 700 "$program"
    # In a home of another user, as containers of CI and `sudo` have it, it runs as that user.
    if [ "$(id -u)" = 0 ]; then chmod 755 "$program" && chmod 711 "$temporary"; fi
}

# The mark of macOS on what a browser downloaded would stop the program, and would be copied along.
clear_mark() {
    if [ "$(uname -s)" = Darwin ] && has xattr; then
        xattr -d com.apple.quarantine "$1" 2>/dev/null || :
    fi
}

# Whether this is root, and the file or folder is another user's, who can change it at any time.
is_of_another() {
    if [ "$(id -u)" != 0 ] || [ ! -e "$1" ]; then return 1; fi
    # shellcheck disable=SC2012 # small images have no find
    owner=$(ls -ldnL -- "$1" | { read -r _ _ owner _ && printf '%s' "$owner"; })
    [ "$owner" != 0 ]
}

# Starts the program for the first time, and sets `started` to its version.
start() {
    clear_mark "$program"
    started=$("$program" --version </dev/null 2>/dev/null) ||
        fail 1 "$program does not start. Nothing was installed. Take the release for this system ($(uname -sm))"
    started=${started#"$name "}
    started=${started%% *}
}

# The folder of the unpacked release that this script is in; empty if it came through a pipe or alone.
find_beside() {
    beside=
    case $script in
        install.sh) place=. ;;
        */install.sh) place=${script%/*} ;;
        *) return 0 ;;
    esac
    place=$(CDPATH='' cd -- "$place/" 2>/dev/null && pwd) || return 0
    if [ -f "$place/$name" ]; then beside=$place; fi
}

install_from_here() {
    program=$beside/$name
    # Some ways of unpacking lose the mode.
    if [ ! -x "$program" ] && ! chmod +x "$program" 2>/dev/null; then
        fail 1 "$program may not be executed. Run \`chmod +x\` on it as its owner"
    fi
    start
    exec "$program" "$@"
}

download() {
    find_releases
    find_downloader
    make_temporary
    pinned=$releases/latest/download
    [ "$version" = latest ] || pinned=$releases/download/v$version
    if [ -z "$expected" ]; then
        fetch "$pinned/SHA256SUMS" "$temporary/SHA256SUMS" 65536
        find_expected "$temporary/SHA256SUMS" "$archive" "$pinned/SHA256SUMS" \
            "This version may not have it: choose another one with --version"
    fi
    from=$pinned/$archive
    say "downloading: $from"
    fetch "$from" "$temporary/$archive" 67108864
    check_digest "$from"
    check_provenance
}

take_offline() {
    [ -f "$offline" ] || fail 2 "There is no file $offline. Give the path of a downloaded $archive"
    make_temporary
    from=$offline
    # A copy: what is checked is what is unpacked.
    in_background limited 131072 cp -- "$offline" "$temporary/$archive" 2>"$temporary/said"
    [ "$result" = 0 ] || fail 1 "$offline could not be copied to $temporary: $(said "$temporary/said"). Nothing was installed"
    if [ -z "$expected" ]; then
        case $offline in
            */*) sums=${offline%/*}/SHA256SUMS ;;
            *) sums=SHA256SUMS ;;
        esac
        [ -f "$sums" ] || fail 5 "There is no $sums. Nothing was installed. Download SHA256SUMS of the release to the same folder, or give the digest with --sha256"
        find_expected "$sums" "${offline##*/}" "$sums" \
            "Give the archive the name that it has in the release, or its digest with --sha256"
    fi
    check_digest "$offline"
    verified="SHA-256 $digest"
}

# What `--uninstall` runs: the installed program itself.
find_installed() {
    plugin=CredentialProvider.CodeArtifact
    if [ -n "$directory" ]; then
        set -- "$directory"
    else
        set --
        [ -z "${DOTNET_CLI_HOME:-}" ] || set -- "$@" "$DOTNET_CLI_HOME/.nuget/plugins"
        [ -z "${HOME:-}" ] || set -- "$@" "$HOME/.nuget/plugins"
    fi
    for place in "$@"; do
        for program in "$place/netcore/$plugin/$plugin" "$place/netcore/$plugin/$name" "$place/netfx/$plugin/$plugin.exe"; do
            if [ -f "$program" ] && [ -x "$program" ]; then return 0; fi
        done
    done
    program=$(command -v dotnet-codeartifact) || program=
    case $program in
        /*) ;;
        *) program= ;;
    esac
}

uninstall() {
    if [ -n "$beside" ]; then install_from_here uninstall "$@"; fi
    find_installed
    if [ -z "$program" ]; then
        printf '%s\n' "nothing is installed here"
        return 0
    fi
    # A program of somebody else's home is not for root to run.
    if is_of_another "$program"; then
        fail 1 "$program belongs to another user, and root does not run it. Run this as that user"
    fi
    exec "$program" uninstall "$@"
}

main() {
    version='' offline='' expected='' directory='' action=install provenance=yes
    count=$#
    while [ $count -gt 0 ]; do
        word=$1
        shift
        count=$((count - 1))
        case $word in
            --version | --dir | --offline | --sha256)
                if [ $count -eq 0 ] || [ -z "$1" ]; then fail 2 "$word needs a value. See --help"; fi
                value=$1
                shift
                count=$((count - 1))
                ;;
            --version=?* | --dir=?* | --offline=?* | --sha256=?*)
                value=${word#*=}
                word=${word%%=*}
                ;;
        esac
        case $word in
            --version) version=${value#v} ;;
            --dir)
                # No shell does this behind an equals sign, and a file of CI has no shell.
                case $value in \~/*) value=${HOME:-}/${value#??} ;; esac
                directory=$value
                set -- "$@" --dir "$value"
                ;;
            --offline) offline=$value ;;
            --sha256) expected=$(printf '%s' "$value" | tr ABCDEF abcdef) ;;
            --no-provenance) provenance=no ;;
            --uninstall) action=uninstall ;;
            -h | --help)
                usage
                return 0
                ;;
            --*=) fail 2 "${word%=} needs a value. See --help" ;;
            -?*) set -- "$@" "$word" ;;
            *) fail 2 "Unexpected argument: $word. See --help" ;;
        esac
    done
    case $version in
        '' | latest) ;;
        *[!0123456789.]* | *.*.*.* | .* | *..* | *.) fail 2 "Invalid --version. Give a version such as 0.1.0, or latest" ;;
        *.*.*) ;;
        *) fail 2 "Invalid --version. Give a version such as 0.1.0, or latest" ;;
    esac
    [ -z "$expected" ] || is_digest "$expected" || fail 2 "Invalid --sha256. Give the 64 hexadecimal digits of the archive's SHA-256"
    if [ -n "$version" ] && [ -n "$offline" ]; then fail 2 "--version and --offline exclude each other: the archive has its version"; fi
    find_beside
    if [ $action = uninstall ]; then
        if [ -n "$version$offline$expected" ]; then fail 2 "--uninstall takes no version and no archive. See --help"; fi
        uninstall "$@"
        return 0
    fi
    if [ -n "$beside" ] && [ -z "$version$offline" ]; then
        if [ -n "$expected" ]; then fail 2 "--sha256 is for an archive: give --version or --offline too"; fi
        install_from_here install "$@"
    fi
    find_system
    find_tools
    mask=$(umask)
    if [ -n "$offline" ]; then
        take_offline
    else
        [ -n "$version" ] || version=latest
        download
    fi
    unpack "$from"
    start
    case $version in
        '' | latest | "$started") ;;
        *) fail 5 "$from has version $started. Nothing was installed" ;;
    esac
    say "verified: version $started, $verified"
    if [ "$(id -u)" = 0 ] && [ -z "$directory" ] && ! is_of_another "${HOME:-}"; then
        say "note: this installs for root alone; for all users see --dir"
    fi
    umask "$mask"
    code=0
    "$program" install "$@" </dev/null || code=$?
    return $code
}

# One compound command: half of it is a mistake of syntax, and nothing is run.
{ trap clean_up EXIT; trap 'end_with 129' HUP; trap 'end_with 130' INT; trap 'end_with 143' TERM; trap '' PIPE; main "$@"; }
