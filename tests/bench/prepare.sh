# shellcheck shell=bash
# What commands that measure or show do first, in the root of the tree: install what
# is missing, and build. To be sourced.
#
#   source tests/bench/prepare.sh
#   prepare_bench bench_programs

# Builds postmirror's programs, and further targets, as they are installed: the preset
# release. What the compiler says is in $bench_log.
prepare_bench() {
  bench_log=$PWD/build/bench.log
  mkdir -p build
  # shellcheck source=deploy/packages.sh
  source deploy/packages.sh
  log=$bench_log install_missing_packages build run test bench >&2 || return
  echo "building, see $bench_log" >&2
  if ! {
    cmake --preset release -DBUILD_TESTING=ON &&
      cmake --build --preset release -j "$(nproc)" \
        --target postmirror-sync postmirror-proxy postmirrorctl "$@"
  } >>"$bench_log" 2>&1; then
    tail -20 "$bench_log" >&2
    return 1
  fi
}
