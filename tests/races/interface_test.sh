#!/usr/bin/env bash
# interface_test RUNTIME LIBRARY…: whatever function of ThreadSanitizer's interface a LIBRARY of its own has, code
# compiled for it can call, so ours has to have it. Left out is what only its runtime calls itself.
set -euo pipefail
runtime=$1
shift
internal='^(__tsan_java_|__tsan_testonly_|__tsan_setjmp$|__tsan_(stack|tls)_initialization$|__tsan_thread_start_func$'
internal+='|__tsan_resume$|__tsan_resumed$|__tsan_symbolize_external|__tsan_default_|__tsan_on_(report|initialize|finalize)$)'
ours=$(nm -D --defined-only "$runtime" | awk '{print $3}' | sort -u)
checked=0
for library in "$@"; do
  [ -e "$library" ] || continue
  theirs=$(nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//' |
    grep -E '^(__tsan_|__sanitizer_unaligned_|Annotate|WTFAnnotate|RunningOnValgrind|ValgrindSlowdown|ThreadSanitizerQuery)' |
    grep -vE "$internal" | sort -u)
  missing=$(comm -23 <(echo "$theirs") <(echo "$ours"))
  [ -z "$missing" ] || { echo "$library has and we have not:" $missing >&2; exit 1; }
  checked=$((checked + $(echo "$theirs" | wc -l)))
done
[ "$checked" -gt 100 ] || { echo "no library of ThreadSanitizer is installed" >&2; exit 77; }
