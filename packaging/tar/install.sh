#!/bin/sh
# Puts prism-connect where this host looks for it, or takes it away again:
#
#   ./install.sh [--prefix DIR] [--uninstall]
#
# Without --prefix it goes to /usr/local for root, else to ~/.local. Nothing is started, no user is made, and what the program
# has saved is never touched. Run it again to upgrade: a running daemon goes on with the old version until it is restarted.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

stop() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}

prefix=
uninstall=
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ -n "${2:-}" ] || stop "--prefix needs a folder" 64; prefix=$2; shift 2 ;;
        --prefix=?*) prefix=${1#*=}; shift ;;
        --prefix=) stop "--prefix needs a folder" 64 ;;
        --uninstall) uninstall=1; shift ;;
        -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) stop "$1 is not known; see --help" 64 ;;
    esac
done
if [ -z "$prefix" ]; then
    if [ "$(id -u)" = 0 ]; then prefix=/usr/local
    elif [ -n "${HOME:-}" ]; then prefix=$HOME/.local
    else stop "there is no HOME; say where to with --prefix" 64; fi
fi
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac

docs=share/doc/prism-connect
# What was put there, so that all of it goes again whichever version takes it away.
list=$docs/FILES
remove() {
    rm -f "$prefix/$1" || stop "$prefix/$1 cannot be taken away; is it yours?"
}

if [ -n "$uninstall" ]; then
    [ -e "$prefix/$list" ] || stop "nothing of prism-connect was installed below $prefix by this script"
    while read -r to; do remove "$to"; done <"$prefix/$list"
    remove "$list"
    rmdir "$prefix/$docs" 2>/dev/null || true
    echo "prism-connect is gone from $prefix."
    saved=${XDG_DATA_HOME:-${HOME:-}/.local/share}/prism-connect
    if [ -d "$saved" ]; then echo "What it has saved is still in $saved."; fi
    exit 0
fi

# Of the tarball on the left, of the host on the right.
files() {
    echo "prism-connect bin/prism-connect 755"
    for page in "$here"/man/man?/*; do
        section=$(basename "$(dirname "$page")")
        echo "man/$section/$(basename "$page") share/man/$section/$(basename "$page") 644"
    done
    echo "completions/prism-connect.bash share/bash-completion/completions/prism-connect 644"
    echo "completions/_prism-connect share/zsh/site-functions/_prism-connect 644"
    echo "completions/prism-connect.fish share/fish/vendor_completions.d/prism-connect.fish 644"
    for text in README.md CHANGELOG.md LICENSE NOTICE config.toml; do
        echo "$text $docs/$text 644"
    done
}

# It must run here before it takes the place of one that does.
if ! told=$("$here/prism-connect" version 2>&1); then
    echo "$told" >&2
    stop "the program does not run on this host; *Install* in README.md says which hosts it is for"
fi
mkdir -p "$prefix/$docs" 2>/dev/null && [ -w "$prefix/$docs" ] ||
    stop "$prefix cannot be written to; say where to with --prefix, or be root"
new=$prefix/.prism-connect-install.$$
trap 'rm -f "$new" "$new.list"' EXIT
files | while read -r from to mode; do
    mkdir -p "$(dirname "$prefix/$to")"
    # Beside it first, then renamed: a program that runs cannot be written over.
    cp "$here/$from" "$new"
    chmod "$mode" "$new"
    mv -f "$new" "$prefix/$to"
done || stop "not everything could be put below $prefix; mend that and run it again"
files | while read -r _ to _; do echo "$to"; done >"$new.list"
# What the version before had and this one has not.
if [ -e "$prefix/$list" ]; then
    while read -r to; do
        grep -qxF "$to" "$new.list" || remove "$to"
    done <"$prefix/$list"
fi
mv -f "$new.list" "$prefix/$list"
echo "$told" | head -n 1
echo "installed below $prefix"
case :${PATH:-}: in *":$prefix/bin:"*) ;; *) echo "Put $prefix/bin on your PATH." ;; esac
echo "Try it: prism-connect demo"
