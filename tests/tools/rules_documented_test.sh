#!/usr/bin/env bash
# Every rule that an analysis can report has its page in docs/rules.
#   rules_documented_test.sh ROOT
set -euo pipefail
cd "$1"
kinds='deadlock|leak|starvation|livelock|race|misuse|atomicity|contention'
rules=$(grep -rhoE "\"($kinds)\.[a-z-]+\"" detector/analysis | tr -d '"' | sort -u)
[ -n "$rules" ] || { echo "no rule found in detector/analysis: has its form changed?"; exit 1; }
status=0
for rule in $rules; do
  [ -f "docs/rules/$rule.md" ] || { echo "docs/rules/$rule.md is missing"; status=1; }
done
exit $status
