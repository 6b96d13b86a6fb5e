# shellcheck shell=bash
# A Debian 13 in a folder, and commands run inside it. To be sourced in the tree's top
# folder; needs root.
#
#   make_debian13 FOLDER
#   run_in_debian13 FOLDER COMMAND...
#
# DEBIAN_MIRROR names another mirror than deb.debian.org.

# Keeps what was downloaded, for the next time.
readonly debian13_packages=$PWD/build/debian13

# Makes the folder, which exists and is empty, a minimal Debian 13.
make_debian13() {
  local folder=$1
  # Users other than root must be able to enter their root.
  chmod 755 "$folder"
  mkdir -p "$debian13_packages"
  # It mounts /proc in the folder, and leaves it there where it is ended.
  unshare --mount --pid --fork --kill-child --mount-proc debootstrap --variant=minbase \
    --cache-dir="$debian13_packages" trixie "$folder" \
    "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" || return
  # MariaDB's set-up resolves the host's name.
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$(hostname)" >"$folder/etc/hosts"
}

# Runs a command with the folder as its root, in mounts and processes of its own: all
# of them end with the command. The network is that of the caller.
run_in_debian13() {
  # shellcheck disable=SC2016 # expanded inside
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 packages=$2
    shift 2
    mount --bind "$root" "$root" # so that its root is a mount, as the tests expect
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --bind "$packages" "$root/var/cache/apt/archives"
    exec env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
      ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
      chroot "$root" "$@"
  ' run_in_debian13 "$1" "$debian13_packages" "${@:2}"
}
