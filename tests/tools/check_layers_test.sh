#!/usr/bin/env bash
# tools/check_layers must find an include that is no listed edge, and only that.
#   check_layers_test.sh CHECK_LAYERS
set -euo pipefail
check=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{tools,detector/finding,instrument/trace,lib/gordian}
cat >"$root/tools/layers.txt" <<'LAYERS'
instrument/trace: zstd
lib/gordian: instrument/trace absl
detector/finding: instrument/trace
tools: detector/finding cli
LAYERS
echo '#include "instrument/trace/ids.h"' >"$root/detector/finding/finding.h"
printf '#include <vector>\n#include <zstd.h>\n' >"$root/instrument/trace/ids.h"
printf '#include "absl/time/time.h"\n#include "gordian/go.h"\n' >"$root/lib/gordian/chan.h"
echo '#include <CLI/CLI.hpp>' >"$root/tools/main.cc"

fail() { echo "FAIL: $1"; exit 1; }
"$check" "$root" || fail "a tree that keeps to its layers is refused"

# expect FILE LINE MESSAGE: with LINE added to FILE the check fails and says so.
expect() {
  cp "$root/$1" "$root/saved"
  echo "$2" >>"$root/$1"
  local said
  said=$("$check" "$root") && fail "$1 may not have: $2"
  grep -qF "$3" <<<"$said" || fail "expected \"$3\", got \"$said\""
  mv "$root/saved" "$root/$1"
}
expect instrument/trace/ids.h '#include "detector/finding/finding.h"' \
  'instrument/trace/ids.h:3: instrument/trace may not use detector/finding'
expect detector/finding/finding.h '#include "gordian/go.h"' \
  'detector/finding/finding.h:2: detector/finding may not use lib/gordian'
expect instrument/trace/ids.h '  #  include "absl/strings/str_cat.h"' 'may not use absl'
expect detector/finding/finding.h '#include "llvm/ADT/StringRef.h"' 'may not use llvm'
mkdir "$root/detector/stray"
touch "$root/detector/stray/x.h"
echo 'int x;' >"$root/detector/stray/x.h"
said=$("$check" "$root") && fail "a file of no layer is accepted"
grep -qF 'detector/stray/x.h:1: belongs to no layer' <<<"$said" || fail "got \"$said\""
echo ok
