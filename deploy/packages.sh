# shellcheck shell=bash
# The Debian packages that postmirror needs, and how deploy/quickstart, deploy/package
# and tests/run install those that are missing. To be sourced.
#
#   source deploy/packages.sh
#   install_missing_packages build run || exit
#
# While packages are installed no service may start (policy-rc.d(8)), no package
# may be removed (a mail server other than Postfix, say, stays), and nothing is
# asked.

# Prints one line a package: its name, which is the same on Debian 12 and 13; what
# needs it (build, run: the quickstart; test: tests/run; bench: tests/bench/run, which
# tests/run calls; all: tests/run --all; package: deploy/package, which that calls);
# and what for.
package_table() {
  cat <<'END'
g++              build the compiler
cmake            build the build
ninja-build      build the build
pkgconf          build finds LMDB, Connector/C and xxHash
libabsl-dev      build Abseil: strings, status, time
libicu-dev       build ICU: case folding of keys
liblmdb-dev      build LMDB: the store
libmariadb-dev   build Connector/C: sync reads MariaDB
libmicrohttpd-dev build libmicrohttpd: answers scrapes of the metrics
libsystemd-dev   build libsystemd: readiness, watchdog, sockets handed over
prometheus-cpp-dev build prometheus-cpp: the text of the metrics
libxxhash-dev    build xxHash: checksums and digests
libjansson-dev   build Jansson: JSON of the status
zlib1g-dev       build zlib: checksums and compressed events of the binlog
mariadb-server   run   a MariaDB of its own in a fresh folder
mariadb-client   run   fills that MariaDB
postfix          run   postmap(1), and smtpd in the tests
galera-4         test  a cluster of two MariaDB servers
rsync            test  the state that the second one gets
lsof             test  whether rsync listens
postfix-mysql    test  mysql: maps, the measure of our answers
libgtest-dev     test  GoogleTest
libgmock-dev     test  GoogleTest's matchers
libbenchmark-dev test  Google Benchmark: the micro-benchmarks
python3          test  the floors test, the end-to-end tests
clang            test  the asan preset, the fuzzers
libclang-rt-dev  test  libFuzzer and clang's sanitizers
util-linux       test  setarch, unshare: fixed addresses, private mounts
mount            test  the mounts of the full disk tests
systemd          test  systemd-analyze, systemd-sysusers, systemd-tmpfiles
apparmor         test  apparmor_parser
strace           test  what the daemons ask the kernel for
prometheus       test  promtool, and what scrapes the daemons
clang-tidy       test  the lint
memcached        bench a peer
redis-server     bench a peer
postfix-lmdb     bench lmdb: maps, a peer
lmdb-utils       bench mdb_load, a peer
gnuplot-nox      bench the plots
clang-format     all   the format check
debootstrap      all   a Debian 13 to test in
lintian          all   the check of the package
build-essential  package what dpkg-buildpackage presumes
debhelper        package the package's build
dh-apparmor      package installs the profiles
END
}

package_is_installed() {
  local status
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) || return 1
  [[ $status == installed ]]
}

# Prints the missing packages of the given groups.
missing_packages() {
  local wanted=" $* " name group
  while read -r name group _; do
    [[ $wanted == *" $group "* ]] || continue
    package_is_installed "$name" || printf '%s\n' "$name"
  done < <(package_table)
}

# Runs a command while policy-rc.d(8) forbids services to start. A policy that
# stood there before is moved aside and moved back, whatever becomes of the
# command, so that it comes back exactly as it was.
without_services() (
  policy=/usr/sbin/policy-rc.d
  aside=$policy.postmirror
  ours='# postmirror: packages are being installed'
  put_back() {
    if grep -qsxF "$ours" "$policy"; then rm -f "$policy"; fi
    if [[ -e $aside || -L $aside ]]; then mv "$aside" "$policy"; fi
  }
  put_back # what a run that was killed may have left
  if [[ -e $policy || -L $policy ]]; then mv "$policy" "$aside"; fi
  trap put_back EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
  chmod 755 "$policy"
  "$@"
)

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  # A list that cannot be fetched may belong to somebody else's repository; what
  # matters is whether the packages can be installed.
  apt-get -qq update || true
  # Where Postfix is new, it comes without an open port 25 for the next boot.
  if [[ " $* " == *' postfix '* ]]; then
    echo 'postfix postfix/main_mailer_type select Local only' | debconf-set-selections
  fi
  without_services apt-get -y -q --no-remove --no-install-recommends \
    -o Dpkg::Options::=--force-confold install "$@"
}

# Installs what is missing of the given groups; silent where nothing is. $log, if
# set, is the file that apt's output goes to.
install_missing_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return 0; fi
  if ! command -v apt-get >/dev/null; then
    echo "needs Debian's packages ${missing[*]}; there is no apt-get here" >&2
    return 69
  fi
  if ((EUID != 0)); then
    echo "missing packages; as root: apt-get install ${missing[*]}" >&2
    return 77
  fi
  echo "packages  installing ${missing[*]} (no service is started)"
  if ! apt_install "${missing[@]}" >>"${log:-/dev/stderr}" 2>&1 </dev/null; then
    echo "apt-get install failed${log:+, see $log}" >&2
    return 69
  fi
  disable_servers "${missing[@]}"
}

# Of these packages, the servers that are for comparison or for tests only shall not
# start at the next boot either, nor shall AppArmor.
disable_servers() {
  local package
  for package in "$@"; do
    case $package in
      memcached | redis-server | prometheus | apparmor)
        systemctl --quiet disable "$package" 2>/dev/null || true
        ;;
    esac
  done
}

# Unpacks a package below FOLDER/NAME without installing it, if it is not there: for
# mandoc, which excludes man-db, on which the tools that build packages depend.
unpack_package() {
  local name=$1 folder=$2/$1 fresh
  if [[ -e $folder ]]; then return 0; fi
  fresh=$(mktemp -d)
  # apt-get downloads as a user of its own.
  chmod 755 "$fresh"
  if ! (
    cd "$fresh"
    apt-get -qq download "$name" || { apt-get -qq update && apt-get -qq download "$name"; }
    dpkg-deb -x ./*.deb unpacked
  ) >>"${log:-/dev/stderr}" 2>&1; then
    echo "apt-get download $name failed${log:+, see $log}" >&2
    return 69
  fi
  mkdir -p "$2"
  mv "$fresh/unpacked" "$folder"
  rm -rf "$fresh"
}
