#!/bin/sh
# Puts prism-connect where this host looks for it, or takes it away again:
#
#   ./install.sh [--prefix DIR] [--uninstall]
#
# Without --prefix it goes to /usr/local for root, else to ~/.local. Nothing is started, no user is made, and what the program
# has saved is never touched. Run it again to upgrade: a running daemon goes on with the old version until it is restarted.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
uninstall=
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?"--prefix needs a folder"}; shift 2 ;;
        --prefix=*) prefix=${1#*=}; shift ;;
        --uninstall) uninstall=1; shift ;;
        -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "install.sh: $1 is not known; see --help" >&2; exit 64 ;;
    esac
done

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
        echo "$text share/doc/prism-connect/$text 644"
    done
}

if [ -n "$uninstall" ]; then
    files | while read -r _ to _; do rm -f "$prefix/$to"; done
    rmdir "$prefix/share/doc/prism-connect" 2>/dev/null || true
    echo "prism-connect is gone from $prefix. What it has saved is still there: \${XDG_DATA_HOME:-~/.local/share}/prism-connect."
    exit 0
fi

# It must run here before it takes the place of one that does.
if ! told=$("$here/prism-connect" version 2>&1); then
    echo "install.sh: the program does not run on this host: $told" >&2
    echo "The package for an older glibc may: see *Install* in README.md." >&2
    exit 1
fi
files | while read -r from to mode; do
    mkdir -p "$(dirname "$prefix/$to")"
    # Beside it first, then renamed: a program that runs cannot be written over.
    cp "$here/$from" "$prefix/$to.new"
    chmod "$mode" "$prefix/$to.new"
    mv -f "$prefix/$to.new" "$prefix/$to"
done
"$prefix/bin/prism-connect" version | head -n 1
echo "installed below $prefix"
case :$PATH: in *":$prefix/bin:"*) ;; *) echo "Put $prefix/bin on your PATH." ;; esac
echo "Try it: prism-connect demo"
